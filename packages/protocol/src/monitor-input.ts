/** Monitors as people write them, in YAML and over the API, and how they become complete. */
import Type, { type Static } from 'typebox';
import { AnomaliesInput, completeAnomalies, refuseAnomalies } from './anomalies.ts';
import { Assertion } from './assertion.ts';
import { subjectsOf } from './assertion-subjects.ts';
import { parseAssertion } from './assertion-grammar.ts';
import type { CheckDefinition } from './check.ts';
import type { CheckCommon, Secrets } from './checks/common.ts';
import { completeDns, DnsInput } from './checks/dns.ts';
import { completeGrpc, GrpcInput } from './checks/grpc.ts';
import { completeHeartbeat, HeartbeatInput } from './checks/heartbeat.ts';
import { completeHttp, EvidenceInput, HttpInput } from './checks/http.ts';
import { completeIcmp, IcmpInput } from './checks/icmp.ts';
import { durationAt, DurationInput, misfit, SecretCollector } from './checks/input.ts';
import { completeSmtp, SmtpInput } from './checks/smtp.ts';
import { completeTcp, TcpInput } from './checks/tcp.ts';
import { completeTlsCheck, TlsCheckInput } from './checks/tls.ts';
import { completeWebsocket, WebsocketInput } from './checks/websocket.ts';
import type { FailureClass } from './failure.ts';
import { FAILURE_CLASSES } from './failure.ts';
import type { Monitor } from './monitor.ts';
import { parserOf } from './parse.ts';
import { PUSH } from './push.ts';
import { requiredVotes } from './quorum-rule.ts';
import { delayAt, reminderAt } from './routing.ts';
import { Nullable, Slug, Strict } from './schema.ts';
import { ServiceLevelInput, completeServiceLevel } from './service-level.ts';
import { slugOf } from './slug.ts';

const OptionalRounds = Type.Optional(Type.Integer({ minimum: 1, maximum: 20 }));

/** What `defaults:` may set, and every monitor too. */
const Settings = {
  interval: Type.Optional(DurationInput),
  timeout: Type.Optional(DurationInput),
  retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 5 })),
  mode: Type.Optional(Type.Enum(['rotate', 'all'])),
  regions: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 64 })),
  quorum: Type.Optional(Type.Union([Type.String({ maxLength: 16 }), Type.Integer({ minimum: 1 })])),
  confirm: Type.Optional(Strict({ rounds: OptionalRounds, after: Type.Optional(DurationInput) })),
  recover: Type.Optional(Strict({ rounds: OptionalRounds })),
  partial: Type.Optional(
    Type.Enum(['show', 'incident'], {
      description: 'Whether a confirmed `partial` is only shown or opens an incident.',
    }),
  ),
  degradedAfter: Type.Optional(DurationInput),
  evidence: Type.Optional(EvidenceInput),
  anomalies: Type.Optional(AnomaliesInput),
  assertions: Type.Optional(
    Type.Array(Type.Union([Type.String({ maxLength: 70_000 }), Assertion]), { maxItems: 64 }),
  ),
  slo: Type.Optional(Nullable(ServiceLevelInput)),
  alerts: Type.Optional(
    Type.Array(
      Strict({
        notify: Slug,
        after: Type.Optional(DurationInput),
        remindEvery: Type.Optional(DurationInput),
        onResolve: Type.Optional(Type.Boolean()),
      }),
      { maxItems: 16 },
    ),
  ),
};

export const MonitorDefaults = Strict(Settings);
export type MonitorDefaults = Static<typeof MonitorDefaults>;

/** Two keys are a valid monitor: `name` and `url`. A nested block holds what one kind adds. */
export const MonitorInput = Strict({
  id: Type.Optional(Slug),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  group: Type.Optional(Type.String({ maxLength: 200 })),
  labels: Type.Optional(
    Type.Record(Type.String({ maxLength: 63 }), Type.String({ maxLength: 200 })),
  ),
  enabled: Type.Optional(Type.Boolean()),
  type: Type.Optional(
    Type.Enum(['http', 'tcp', 'tls', 'dns', 'icmp', 'grpc', 'websocket', 'smtp', 'heartbeat']),
  ),
  /** For http and websocket; the other kinds take `host` and, mostly, `port`. */
  url: Type.Optional(Type.String({ maxLength: 2_048 })),
  host: Type.Optional(Type.String({ maxLength: 255 })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  http: Type.Optional(HttpInput),
  tcp: Type.Optional(TcpInput),
  tls: Type.Optional(TlsCheckInput),
  dns: Type.Optional(DnsInput),
  icmp: Type.Optional(IcmpInput),
  grpc: Type.Optional(GrpcInput),
  websocket: Type.Optional(WebsocketInput),
  smtp: Type.Optional(SmtpInput),
  heartbeat: Type.Optional(HeartbeatInput),
  expected_status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
  /** Ids of monitors: while one of them is down, nobody is told that this one is. */
  dependsOn: Type.Optional(Type.Array(Slug, { maxItems: 32, uniqueItems: true })),
  runbook: Type.Optional(Type.String({ maxLength: 2_048 })),
  ...Settings,
});
export type MonitorInput = Static<typeof MonitorInput>;

export const monitorInputParser = parserOf(MonitorInput);

const DAY_MS = 86_400_000;

const DEFAULTS = {
  intervalMs: 30_000,
  timeoutMs: 10_000,
  retries: 1,
  backoffMs: 200,
  confirmRounds: 2,
  confirmAfterMs: 5_000,
  recoverRounds: 2,
} as const;

const RETRIED_BY_DEFAULT = (Object.keys(FAILURE_CLASSES) as FailureClass[]).filter(
  (name) => FAILURE_CLASSES[name].transient,
);

/** A complete monitor, and the secrets that were taken out of its definition. */
export interface CompletedMonitor {
  readonly monitor: Monitor;
  /** By the name that the definition refers to; store them encrypted, send them in `Job.secrets`. */
  readonly secrets: Secrets;
}

/**
 * Fills in every default and checks what a schema cannot.
 *
 * Errors carry the JSON pointer of the field, relative to the monitor. The monitor's secrets are
 * left out: whoever stores it calls `completeMonitorWithSecrets`.
 */
export function completeMonitor(input: MonitorInput, defaults: MonitorDefaults = {}): Monitor {
  return completeMonitorWithSecrets(input, defaults).monitor;
}

/**
 * Like `completeMonitor`, with the secret values beside the monitor.
 *
 * A `secretRef` in the input (somebody edits what the API showed) has no value in `secrets`: the
 * caller keeps the one it has under that name, and refuses the input if there is none.
 */
export function completeMonitorWithSecrets(
  input: MonitorInput,
  defaults: MonitorDefaults = {},
): CompletedMonitor {
  const secrets = new SecretCollector();
  const monitor = complete(input, defaults, secrets);
  return { monitor, secrets: secrets.values };
}

function complete(
  input: MonitorInput,
  defaults: MonitorDefaults,
  secrets: SecretCollector,
): Monitor {
  const settings = { ...defaults, ...input };
  const intervalMs = durationAt(settings.interval, DEFAULTS.intervalMs, '/interval');
  if (intervalMs < 1_000) throw misfit('/interval', 'must be at least 1s');
  if (intervalMs > DAY_MS) throw misfit('/interval', 'must be at most 1d');
  refuseAnomalies(input.type, input.anomalies);
  return {
    id: input.id ?? slugOf(input.name),
    name: input.name,
    group: input.group ?? null,
    labels: input.labels ?? {},
    enabled: input.enabled ?? true,
    intervalMs,
    mode: settings.mode ?? 'rotate',
    ...completeVoters(input, settings),
    check: completeCheck(input, settings, completeCommon(input, settings, intervalMs), secrets),
    alerts: settings.alerts?.map(completeAlert) ?? null,
    ...completeDependencies(input),
    runbook: input.runbook ?? null,
    ...completeLevel(input, settings),
    ...(input.type === 'heartbeat' ? {} : completeAnomalies(settings.anomalies)),
  };
}

function completeLevel(input: MonitorInput, { slo }: MonitorDefaults): Pick<Monitor, 'slo'> {
  if (slo === undefined || slo === null) return {};
  const level = completeServiceLevel(slo, '/slo');
  if (input.type !== 'heartbeat' || level.latency === null) return { slo: level };
  // A job that reports in is waited for, not asked: there is no answer to be slow.
  if (input.slo?.latency !== undefined) throw misfit('/slo/latency', 'is not used by heartbeat');
  return { slo: { ...level, latency: null } };
}

/** What is as usual is left out: so monitors are what they were before there was more to say. */
function completeAlert(
  { notify, after, remindEvery, onResolve }: NonNullable<MonitorDefaults['alerts']>[number],
  i: number,
): NonNullable<Monitor['alerts']>[number] {
  const afterMs = delayAt(after ?? 0, `/alerts/${i}/after`);
  const remindEveryMs =
    remindEvery === undefined ? null : reminderAt(remindEvery, `/alerts/${i}/remindEvery`);
  return {
    notify,
    onResolve: onResolve ?? true,
    ...(afterMs === 0 ? {} : { afterMs }),
    ...(remindEveryMs === null ? {} : { remindEveryMs }),
  };
}

function completeDependencies({ dependsOn = [] }: MonitorInput): Pick<Monitor, 'dependsOn'> {
  return dependsOn.length === 0 ? {} : { dependsOn };
}

/** A heartbeat has one voter, the coordinator: defaults for the other kinds say nothing about it. */
function completeVoters(
  input: MonitorInput,
  settings: MonitorDefaults,
): Pick<Monitor, 'regions' | 'policy'> {
  if (input.type !== 'heartbeat') {
    return { regions: settings.regions ?? ['*'], policy: completePolicy(settings) };
  }
  for (const key of ['regions', 'quorum'] as const) {
    if (input[key] !== undefined) throw misfit(`/${key}`, 'is not used by heartbeat');
  }
  return { regions: [PUSH.region], policy: completePolicy({ ...settings, quorum: 'all' }) };
}

function completePolicy(settings: MonitorDefaults): Monitor['policy'] {
  const quorum = String(settings.quorum ?? 'majority');
  // Refuses what is not a rule at all; whether it can be reached depends on the regions.
  requiredVotes(quorum, Number.MAX_SAFE_INTEGER);
  return {
    quorum,
    confirmRounds: settings.confirm?.rounds ?? DEFAULTS.confirmRounds,
    confirmAfterMs: durationAt(settings.confirm?.after, DEFAULTS.confirmAfterMs, '/confirm/after'),
    recoverRounds: settings.recover?.rounds ?? DEFAULTS.recoverRounds,
    partialOpens: settings.partial === 'incident',
  };
}

function completeCheck(
  input: MonitorInput,
  { evidence }: MonitorDefaults,
  common: CheckCommon,
  secrets: SecretCollector,
): CheckDefinition {
  const type = input.type ?? 'http';
  refuseForeignBlocks(input, type);
  if (type !== 'http' && input.evidence !== undefined) {
    throw misfit('/evidence', `is not used by a monitor of type ${type}`);
  }
  switch (type) {
    case 'http':
      return completeHttp(input, input.http, common, secrets, evidence);
    case 'tcp':
      return completeTcp(input, input.tcp, common, secrets);
    case 'tls':
      return completeTlsCheck(input, input.tls, common, secrets);
    case 'dns':
      return completeDns(input, input.dns, common);
    case 'icmp':
      return completeIcmp(input, input.icmp, common);
    case 'grpc':
      return completeGrpc(input, input.grpc, common, secrets);
    case 'websocket':
      return completeWebsocket(input, input.websocket, common, secrets);
    case 'smtp':
      return completeSmtp(input, input.smtp, common, secrets);
    case 'heartbeat':
      return completeHeartbeat(input, input.heartbeat, common);
  }
}

const KINDS = [
  'http',
  'tcp',
  'tls',
  'dns',
  'icmp',
  'grpc',
  'websocket',
  'smtp',
  'heartbeat',
] as const satisfies CheckDefinition['type'][];

/** A block of another kind would be ignored without a word. */
function refuseForeignBlocks(input: MonitorInput, type: CheckDefinition['type']): void {
  const foreign = KINDS.find((kind) => kind !== type && input[kind] !== undefined);
  if (foreign !== undefined) {
    throw misfit(`/${foreign}`, `is not used by a monitor of type ${type}`);
  }
}

function completeCommon(
  input: MonitorInput,
  settings: MonitorDefaults,
  intervalMs: number,
): CheckCommon {
  // A probe that outlives its interval would never be steady: a short interval shortens it.
  const timeoutMs = durationAt(
    settings.timeout,
    Math.min(DEFAULTS.timeoutMs, intervalMs),
    '/timeout',
  );
  if (timeoutMs < 50) throw misfit('/timeout', 'must be at least 50ms');
  if (timeoutMs > intervalMs) {
    throw misfit('/timeout', 'must not be longer than the interval');
  }
  return {
    timeoutMs,
    assertions: completeAssertions(input, settings),
    degradedAfterMs:
      settings.degradedAfter === undefined
        ? null
        : durationAt(settings.degradedAfter, 0, '/degradedAfter'),
    retries: {
      count: settings.retries ?? DEFAULTS.retries,
      backoffMs: DEFAULTS.backoffMs,
      classes: RETRIED_BY_DEFAULT,
    },
  };
}

function completeAssertions(input: MonitorInput, settings: MonitorDefaults): Assertion[] {
  const type = input.type ?? 'http';
  const written = (settings.assertions ?? []).map((assertion, i) =>
    typeof assertion === 'string' ? parseAssertion(assertion, `/assertions/${i}`) : assertion,
  );
  const assertions = written.filter(({ subject }) => subjectsOf(type).has(subject));
  const foreign = written.findIndex(({ subject }) => !subjectsOf(type).has(subject));
  // Defaults are for monitors of every type: what does not fit one of them is left out.
  if (foreign >= 0 && input.assertions !== undefined) {
    throw misfit(`/assertions/${foreign}`, `cannot be asked of a monitor of type ${type}`);
  }
  if (input.expected_status !== undefined) {
    if (type !== 'http') throw misfit('/expected_status', `is not used by ${type}`);
    assertions.unshift({ subject: 'status', op: '==', value: input.expected_status });
  }
  const asksForStatus = assertions.some(({ subject }) => subject === 'status');
  // Without a word about the status, any answer below 400 is a good one.
  return asksForStatus || type !== 'http'
    ? assertions
    : [{ subject: 'status', op: '<', value: 400 }, ...assertions];
}
