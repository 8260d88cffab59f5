/** Conditions of Gatus -> assertions. */
import { containedIn, escapeRegExp, quoted, regExpOfGlob } from './glob.ts';
import { jsonPathOf, literalOf } from './json-path.ts';
import { milliseconds } from './go-duration.ts';

/** The assertions that say the same, or why there are none. */
export type Translated = { readonly texts: readonly string[] } | { readonly why: string };

interface Condition {
  readonly left: string;
  readonly op: string;
  readonly right: string;
}

const texts = (...all: readonly string[]): Translated => ({ texts: all });
const why = (reason: string): Translated => ({ why: reason });

const NO_EQUAL = why('there is no assertion for it');

/** `isDns`: the body of such an endpoint is the answers. */
export function translateCondition(source: string, isDns: boolean): Translated {
  const match = /^(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/.exec(source.trim());
  if (match === null) return why('it is not a comparison');
  const [, left = '', op = '', right = ''] = match;
  const condition = { left: left.trim(), op, right: right.trim() };
  const subject = /^(?:(?:len|has|age)\()?\[([A-Z_]+)\]/i.exec(condition.left)?.[1]?.toUpperCase();
  switch (subject) {
    case 'STATUS':
      return status(condition);
    case 'RESPONSE_TIME':
      return measured('latency', condition, (ms) => `${ms}ms`);
    case 'CERTIFICATE_EXPIRATION':
      return measured('cert.daysLeft', condition, (ms) => String(Math.ceil(ms / 86_400_000)));
    case 'CONNECTED':
      return condition.op === '==' && condition.right === 'true'
        ? texts()
        : why('a monitor cannot be up because nothing answers');
    case 'DNS_RCODE':
      return texts(`dns.rcode ${op} ${condition.right}`);
    case 'HEADER':
      return header(condition);
    case 'BODY':
      return isDns ? answers(condition) : body(condition);
    case 'DOMAIN_EXPIRATION':
      return why('the registration of domains is not looked at');
    default:
      return NO_EQUAL;
  }
}

function status({ op, right }: Condition): Translated {
  const any = listIn(right, 'any');
  if (any === null) return texts(`status ${op} ${right}`);
  return texts(`status ${op === '!=' ? 'not in' : 'in'} ${any.join(', ')}`);
}

function measured(subject: string, { op, right }: Condition, unit: (ms: number) => string) {
  const ms = /^\d+$/.test(right) ? Number(right) : milliseconds(right);
  // Days are counted in full: more than 48h left is two days or more.
  const sign = subject === 'cert.daysLeft' ? op.replace(/^>$/, '>=') : op;
  return ms === null ? NO_EQUAL : texts(`${subject} ${sign} ${unit(ms)}`);
}

function header({ left, op, right }: Condition): Translated {
  const match = /^(has\()?\[HEADER\]\.([^)]+)\)?$/i.exec(left);
  if (match === null) return NO_EQUAL;
  const subject = `header(${(match[2] ?? '').toLowerCase()})`;
  return match[1] === undefined ? textual(subject, op, right) : presence(subject, op, right);
}

function body(condition: Condition): Translated {
  const { left, op, right } = condition;
  const match = /^(?:(len|has)\()?\[BODY\](.*?)\)?$/i.exec(left);
  const path = match === null ? null : jsonPathOf(match[2] ?? '');
  if (match === null || path === null) return NO_EQUAL;
  switch (match[1]?.toLowerCase()) {
    case 'len':
      return length(path, op, right);
    case 'has':
      return presence(`json(${path})`, op, right);
    default:
      return path === '$' ? textual('body', op, right) : member(`json(${path})`, op, right);
  }
}

/** Of a list: whether its last item, and the one behind it, are there. */
function length(path: string, op: string, right: string): Translated {
  if (!/^\d+$/.test(right)) return NO_EQUAL;
  const count = Number(right);
  const has = (n: number) => (n === 0 ? [] : [`json(${path}[${n - 1}]) exists`]);
  const hasNot = (n: number) => [`json(${path}[${n - 1}]) not exists`];
  switch (op) {
    case '>':
      return texts(...has(count + 1));
    case '>=':
      return texts(...has(count));
    case '<':
      return count === 0 ? NO_EQUAL : texts(...hasNot(count));
    case '<=':
      return texts(...hasNot(count + 1));
    case '==':
      return texts(...has(count), ...hasNot(count + 1));
    default:
      return NO_EQUAL;
  }
}

function presence(subject: string, op: string, right: string): Translated {
  const isWanted = (op === '==') === (right === 'true');
  return texts(`${subject} ${isWanted ? 'exists' : 'not exists'}`);
}

function member(subject: string, op: string, right: string): Translated {
  const isFunction = listIn(right, 'pat') !== null || listIn(right, 'any') !== null;
  return isFunction ? textual(subject, op, right) : texts(`${subject} ${op} ${literalOf(right)}`);
}

/** Content is compared without the white space around it. */
function textual(subject: string, op: string, right: string): Translated {
  if (op !== '==' && op !== '!=') return NO_EQUAL;
  const not = op === '!=' ? 'not ' : '';
  const glob = listIn(right, 'pat')?.join(', ');
  if (glob !== undefined) {
    const part = containedIn(glob);
    return part === null
      ? texts(`${subject} ${not}matches ${quoted(regExpOfGlob(glob))}`)
      : texts(`${subject} ${not}contains ${quoted(part)}`);
  }
  const wanted = listIn(right, 'any') ?? [right];
  const expression = wanted.map((one) => escapeRegExp(one)).join('|');
  return texts(`${subject} ${not}matches ${quoted(`^\\s*(?:${expression})\\s*$`)}`);
}

function answers({ left, op, right }: Condition): Translated {
  if (left.toUpperCase() !== '[BODY]' || (op !== '==' && op !== '!=')) return NO_EQUAL;
  const not = op === '!=' ? 'not ' : '';
  const glob = listIn(right, 'pat')?.join(', ');
  if (glob !== undefined) return texts(`dns.answers ${not}matches ${quoted(regExpOfGlob(glob))}`);
  const any = listIn(right, 'any');
  if (any === null) return texts(`dns.answers ${not}contains ${quoted(right)}`);
  const expression = `^(?:${any.map(escapeRegExp).join('|')})$`;
  return texts(`dns.answers ${not}matches ${quoted(expression)}`);
}

/** What stands between the brackets of `any(a, b)`; null for another function, or none. */
function listIn(text: string, name: string): string[] | null {
  if (!text.startsWith(`${name}(`) || !text.endsWith(')')) return null;
  return text
    .slice(name.length + 1, -1)
    .split(',')
    .map((item) => item.trim());
}
