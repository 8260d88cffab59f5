import Type, { type Static } from 'typebox';
import { Member } from '../evidence/record.ts';
import { Result } from '../messages/result.ts';
import { MonitorInput } from '../monitor-input.ts';
import { Nullable, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Verdict, Vote } from '../verdict.ts';

const {
  url,
  host,
  port,
  http,
  tcp,
  tls,
  dns,
  icmp,
  grpc,
  websocket,
  smtp,
  expected_status,
  timeout,
  retries,
  degradedAfter,
  assertions,
  regions,
  quorum,
} = MonitorInput.properties;

/** What to check once: a monitor without what makes it come back. */
export const CheckInput = Strict({
  type: Type.Optional(
    Type.Enum(['http', 'tcp', 'tls', 'dns', 'icmp', 'grpc', 'websocket', 'smtp']),
  ),
  url,
  host,
  port,
  http,
  tcp,
  tls,
  dns,
  icmp,
  grpc,
  websocket,
  smtp,
  expected_status,
  timeout,
  retries,
  degradedAfter,
  assertions,
  regions,
  quorum,
  secretsOf: Type.Optional(
    Type.String({
      ...Slug,
      description:
        'A monitor whose stored secrets the references in the check stand for. ' +
        'Asks for `monitors:write` too.',
    }),
  ),
});
export type CheckInput = Static<typeof CheckInput>;

/** What is streamed of a one-off check: started, a result for each attempt, the verdict. */
export const CheckEvent = Type.Union([
  Strict({
    type: Type.Literal('check.started'),
    id: Uuid7,
    at: Timestamp,
    target: Type.String(),
    members: Type.Array(Member),
    /** k: voting groups that must agree. */
    required: Type.Integer({ minimum: 1 }),
    timeoutMs: Type.Integer({ minimum: 1 }),
  }),
  Strict({
    type: Type.Literal('check.result'),
    id: Uuid7,
    region: Slug,
    agent: Slug,
    /** Null for an attempt that is tried again. */
    vote: Nullable(Vote),
    result: Result,
  }),
  Strict({ type: Type.Literal('check.silent'), id: Uuid7, region: Slug }),
  Strict({
    type: Type.Literal('check.verdict'),
    id: Uuid7,
    at: Timestamp,
    verdict: Verdict,
    required: Type.Integer({ minimum: 1 }),
    up: Type.Array(Slug),
    down: Type.Array(Slug),
    abstained: Type.Array(Slug),
  }),
]);
export type CheckEvent = Static<typeof CheckEvent>;
