/** `POST /v1/checks`: a check that is run once, and told as it goes. */
import {
  CheckEvent,
  CheckInput,
  ONE_OFF,
  TrustMonitorError,
  makeUuid7,
  targetOf,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { randomBytes } from 'node:crypto';
import { openSecrets } from '../../monitor-secrets.ts';
import { prepareCheck } from '../../monitors.ts';
import { insertAudit } from '../../store/audit.ts';
import type { StoredToken } from '../../store/tokens.ts';
import { membersOf } from '../../watch-list.ts';
import { requireScope } from '../auth.ts';
import type { ApiContext } from '../context.ts';
import { requireMonitor } from '../show-monitor.ts';
import { OutStream, sseEvent } from '../stream.ts';
import { CheckRun, type OneOffCheck } from './run.ts';

const MAX_TIMEOUT_MS = 30_000;
/** At one time, at this replica. */
const MAX_PER_TOKEN = 4;
const MAX_RUNNING = 32;

const SSE = 'text/event-stream';
const NDJSON = 'application/x-ndjson';

export function checkRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const running = new Running();

  app.post(
    '/v1/checks',
    {
      config: { scope: 'checks:run' },
      schema: {
        summary: 'Run a check once, from the regions that are named',
        description:
          'Each line, or each event where `Accept` asks for text/event-stream, is one step: ' +
          '`check.started`, a `check.result` for every attempt as its region reports, ' +
          '`check.silent` for regions that did not, and `check.verdict`.',
        tags: ['checks'],
        body: CheckInput,
        response: {
          200: {
            description: 'The steps, as they happen',
            content: { [NDJSON]: { schema: CheckEvent }, [SSE]: { schema: CheckEvent } },
          },
        },
      },
    },
    async ({ body, actor, token, headers }, reply) => {
      const check = await prepare(body, token, context);
      requireBroker(context);
      const leave = running.enter(token?.id ?? '');
      const stream = new OutStream();
      const abort = new AbortController();
      stream.onClose(() => abort.abort());
      const isSse = headers.accept?.includes(SSE) === true;
      const tell = (event: CheckEvent): boolean =>
        stream.write(isSse ? sseEvent(event.type, event) : `${JSON.stringify(event)}\n`);
      try {
        const { secretsOf } = body;
        const kept = secretsOf === undefined ? {} : { secretsOf };
        const detail = { target: targetOf(check.definition.check), ...kept };
        const entry = { actor, action: 'check.run', subject: check.id, detail };
        await insertAudit(context.database, entry);
      } catch (error) {
        leave();
        throw error;
      }
      void new CheckRun(check, context, tell)
        .run(abort.signal)
        .catch((error: unknown) => context.log.warn({ err: error }, 'a check was broken off'))
        .finally(() => {
          leave();
          stream.end();
        });
      return stream.send(reply, isSse ? SSE : NDJSON);
    },
  );
}

/**
 * With `secretsOf` the check keeps secrets of a stored monitor as a new revision of it would: each
 * goes only where it was written for (`openSecrets`). So it tells nobody more than saving that
 * revision would, and whoever may save one may run this.
 */
async function prepare(
  { secretsOf, ...body }: CheckInput,
  token: StoredToken | null,
  { database, drains, keyRings, clock, secretBox }: ApiContext,
): Promise<OneOffCheck> {
  // A day is longer than any timeout that the next line lets pass.
  const input = { ...body, id: ONE_OFF, name: 'One-off check', interval: '1d' };
  const prepared = prepareCheck(input, {}, keyRings.members);
  const { check } = prepared.definition;
  if (check.timeoutMs > MAX_TIMEOUT_MS) throw invalid('/timeout', 'must be 30s at most');
  if (secretsOf !== undefined) requireScope(token, 'monitors:write');
  const stored = secretsOf === undefined ? null : await requireMonitor(database, secretsOf);
  const secrets = openSecrets(prepared, stored, secretBox);
  const members = membersOf(prepared.definition, keyRings.members);
  // Who names a region that is drained wants to see whether it is well again.
  const asked = members.filter(
    ({ region }) => !drains.regions.has(region) || prepared.definition.regions.includes(region),
  );
  return { ...prepared, secrets, id: makeUuid7(clock(), randomBytes(10)), members, asked };
}

function requireBroker({ bus }: ApiContext): void {
  if (bus.connected) return;
  throw new TrustMonitorError('nats.unavailable', 'the broker is away: no agent can be asked');
}

function invalid(pointer: string, detail: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', `${pointer} ${detail}`, { where: pointer });
}

class Running {
  readonly #byToken = new Map<string, number>();
  #total = 0;

  /** Returns how to leave. Throws `rate.limited`. */
  enter(token: string): () => void {
    const mine = this.#byToken.get(token) ?? 0;
    if (mine >= MAX_PER_TOKEN || this.#total >= MAX_RUNNING) {
      throw new TrustMonitorError('rate.limited', `${mine} checks of this token run already`, {
        hint: 'Wait until one of them ends.',
      });
    }
    this.#byToken.set(token, mine + 1);
    this.#total += 1;
    return () => {
      this.#total -= 1;
      const left = (this.#byToken.get(token) ?? 1) - 1;
      if (left === 0) this.#byToken.delete(token);
      else this.#byToken.set(token, left);
    };
  }
}
