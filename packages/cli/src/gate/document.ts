/** Decisions of the gate as Markdown: a summary, then each with its facts, reasons and signature. */
import type { AuditResource } from '@trustmonitor/protocol';
import { printable } from '../output/printable.ts';
import { instant } from '../output/words.ts';
import type { OpenedDecision } from './open.ts';
import { gateFacts, policyName } from './words.ts';

export type AskedBy = Pick<AuditResource, 'actor' | 'address' | 'requestId' | 'at'>;

export interface Decisions {
  readonly from: string;
  readonly to: string;
  readonly service?: string;
  /** Newest first. */
  readonly decisions: readonly OpenedDecision[];
  /** By decision; null where the audit log could not be read. */
  readonly askedBy: ReadonlyMap<string, AskedBy> | null;
}

export function formatDecisions(document: Decisions): string {
  const { from, to, service, decisions, askedBy } = document;
  const networks = [...new Set(decisions.flatMap(({ predicate }) => predicate?.network ?? []))];
  const lines = [
    `# Decisions of the gate`,
    '',
    `${service === undefined ? 'All services' : `Service ${safe(service)}`}, ` +
      `${instant(from)} to ${instant(to)}` +
      (networks.length === 0 ? '.' : `, network ${networks.map(safe).join(', ')}.`),
    '',
    countsOf(decisions),
    ...(decisions.length === 0 ? [] : ['', ...summaryOf(decisions, askedBy)]),
    ...decisions.flatMap((decision) => ['', ...sectionOf(decision, askedBy)]),
  ];
  return `${lines.join('\n')}\n`;
}

function countsOf(decisions: readonly OpenedDecision[]): string {
  const of = (outcome: string) =>
    decisions.filter(({ predicate }) => predicate?.outcome === outcome).length;
  const signatures = (state: string) =>
    decisions.filter(({ signature }) => signature.state === state).length;
  const checked =
    signatures('unchecked') > 0
      ? 'Signatures were not checked.'
      : `Signatures: ${signatures('verified')} verified, ${signatures('refused')} not.`;
  if (decisions.length === 0) return 'No decisions.';
  return (
    `${decisions.length} decisions: ${of('allowed')} allowed, ${of('refused')} refused, ` +
    `${of('indeterminate')} indeterminate. ${checked}`
  );
}

function summaryOf(decisions: readonly OpenedDecision[], askedBy: Decisions['askedBy']): string[] {
  const rows = decisions.flatMap(({ predicate, id }) => {
    if (predicate === null) return [];
    const { facts, recordedAt, outcome } = predicate;
    const actor = askedBy?.get(id)?.actor ?? '-';
    const cells = [instant(recordedAt), facts.service, facts.stage, facts.version ?? '-', outcome];
    return [row([...cells, actor])];
  });
  const titles = ['Decided', 'Service', 'Stage', 'Version', 'Outcome', 'Asked by'];
  return [
    row(titles),
    row(
      titles.map(() => '---'),
      String,
    ),
    ...rows,
  ];
}

function sectionOf(decision: OpenedDecision, askedBy: Decisions['askedBy']): string[] {
  const { predicate, id, digest } = decision;
  if (predicate === null)
    return [`## Decision ${safe(id)}`, '', `- Signature: ${signatureOf(decision)}`];
  const { facts, outcome, recordedAt, reasons, policy, rules } = predicate;
  const asked = askedBy?.get(id);
  return [
    `## ${instant(recordedAt)}: ${safe(facts.service)} to ${safe(facts.stage)}, ${outcome}`,
    '',
    `- Decision: \`${id}\``,
    `- Statement: SHA-256 \`${digest}\``,
    `- Signature: ${signatureOf(decision)}`,
    `- Policy: ${safe(policyName(policy))}${decisionIdOf(policy)}`,
    ...(asked === undefined ? [] : [`- Asked by: ${whoOf(asked)}`]),
    ...(facts.logSize === null ? [] : [`- Log: ${facts.logSize} leaves when incidents were read`]),
    ...(reasons.length === 0
      ? []
      : ['', 'Not allowed, because', '', ...reasons.map((r) => `- ${safe(r)}`)]),
    '',
    row(['Fact', 'Value']),
    row(['---', '---'], String),
    ...gateFacts(predicate).map(({ name, text }) => row([name, text])),
    ...facts.incidents.map(({ incident, monitor, openedAt }) =>
      row([`Incident of ${monitor}`, `${incident}, open since ${instant(openedAt)}`]),
    ),
    ...(rules.length === 0
      ? []
      : ['', row(['Rule', 'Result', 'Why']), row(['---', '---', '---'], String)]),
    ...rules.map(({ rule, result, detail }) => row([rule, result, detail])),
  ];
}

function signatureOf({ signature }: OpenedDecision): string {
  switch (signature.state) {
    case 'verified':
      return `verified, by key \`${signature.kid}\``;
    case 'unchecked':
      return 'not checked';
    case 'refused':
      return `**does not verify**: ${safe(signature.why)}`;
  }
}

type Policy = NonNullable<OpenedDecision['predicate']>['policy'];

const decisionIdOf = (policy: Policy): string =>
  policy.kind === 'opa' && policy.decisionId !== null
    ? `, its decision ${safe(policy.decisionId)}`
    : '';

function whoOf({ actor, address, requestId }: AskedBy): string {
  const from = address === null ? '' : ` from ${safe(address)}`;
  return `${safe(actor)}${from}${requestId === null ? '' : `, request \`${safe(requestId)}\``}`;
}

const row = (cells: readonly string[], of: (text: string) => string = safe): string =>
  `| ${cells.map(of).join(' | ')} |`;

/** As text and nothing else: no link, no table cell, no HTML comes out of a name or a reason. */
const safe = (text: string): string => printable(text).replace(/[\\`*_[\]<>|&~]/g, '\\$&');
