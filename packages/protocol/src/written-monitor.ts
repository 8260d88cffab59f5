/** A complete monitor -> the shortest input that completes to it: what a person would have written. */
import { anomalyPolicyOf } from './anomalies.ts';
import { formatAssertion, parseAssertion } from './assertion-grammar.ts';
import type { Assertion } from './assertion.ts';
import type { CheckDefinition } from './check.ts';
import { formatDuration } from './duration.ts';
import { completeMonitor, monitorInputParser, type MonitorInput } from './monitor-input.ts';
import type { Monitor } from './monitor.ts';
import { writtenLevel } from './written-slo.ts';

type Fields = Record<string, unknown>;

/** Without the id a new name would make another monitor. */
const KEPT: readonly string[] = ['id', 'name'];

/**
 * Secrets stay references (`{ secretRef: NAME }`): their values are no part of a monitor. What no
 * input can say, which is how long retries wait and what they retry, is as usual.
 */
export function writtenMonitor(monitor: Monitor): MonitorInput {
  const full = fullInput(monitor);
  const meaning = meaningOf(full);
  return monitorInputParser.parse(shortened(full, (shorter) => meaningOf(shorter) === meaning));
}

/** Equal for two inputs that complete to the same monitor; null for what is none. */
function meaningOf(input: Fields): string | null {
  try {
    return JSON.stringify(completeMonitor(monitorInputParser.parse(input)));
  } catch {
    return null;
  }
}

/** Leaves out every field, at any depth, that is not missed. */
function shortened(input: Fields, isSame: (shorter: Fields) => boolean): Fields {
  let shortest = input;
  for (const [name, value] of Object.entries(input)) {
    if (KEPT.includes(name)) continue;
    const rest = without(shortest, name);
    if (isSame(rest)) {
      shortest = rest;
    } else if (isFields(value)) {
      const whole = shortest;
      const inside = shortened(value, (shorter) => isSame({ ...whole, [name]: shorter }));
      shortest = { ...whole, [name]: inside };
    }
  }
  return shortest;
}

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fullInput({ check, policy, ...monitor }: Monitor): Fields {
  const isVoted = check.type !== 'heartbeat';
  return given({
    id: monitor.id,
    name: monitor.name,
    group: monitor.group,
    labels: monitor.labels,
    enabled: monitor.enabled,
    type: check.type,
    url: 'url' in check ? check.url : null,
    host: 'host' in check ? check.host : null,
    port: 'port' in check ? check.port : null,
    [check.type]: blockOf(check),
    interval: formatDuration(monitor.intervalMs),
    timeout: formatDuration(check.timeoutMs),
    retries: check.retries.count,
    degradedAfter: check.degradedAfterMs === null ? null : formatDuration(check.degradedAfterMs),
    assertions: check.assertions.map(writtenAssertion),
    mode: monitor.mode,
    regions: isVoted ? monitor.regions : null,
    quorum: isVoted ? policy.quorum : null,
    confirm: { rounds: policy.confirmRounds, after: formatDuration(policy.confirmAfterMs) },
    recover: { rounds: policy.recoverRounds },
    partial: policy.partialOpens ? 'incident' : 'show',
    alerts: monitor.alerts?.map(writtenAlert) ?? null,
    dependsOn: monitor.dependsOn ?? null,
    runbook: monitor.runbook,
    slo: monitor.slo === undefined ? null : writtenLevel(monitor.slo),
    anomalies: isVoted ? anomalyPolicyOf(monitor) : null,
    evidence: check.type === 'http' ? { captureBody: check.http.captureBody ?? 'hash' } : null,
  });
}

function writtenAlert({
  notify,
  onResolve,
  afterMs,
  remindEveryMs,
}: NonNullable<Monitor['alerts']>[number]): Fields {
  return given({
    notify,
    after: afterMs === undefined ? null : formatDuration(afterMs),
    remindEvery: remindEveryMs === undefined ? null : formatDuration(remindEveryMs),
    // Written where it is not as usual.
    onResolve: onResolve ? null : false,
  });
}

/** What a kind adds, as its block is written. */
function blockOf(check: CheckDefinition): Fields {
  switch (check.type) {
    case 'http':
      // What is kept of the body is written under `evidence`.
      return withoutNull({
        ...check.http,
        auth: writtenAuth(check.http.auth),
        captureBody: null,
      });
    case 'grpc':
      return { ...withoutNull(check.grpc), ...(check.grpc.tls === null ? { tls: false } : {}) };
    case 'heartbeat':
      return {
        period: formatDuration(check.heartbeat.periodMs),
        grace: formatDuration(check.heartbeat.graceMs),
      };
    case 'tcp':
      return withoutNull(check.tcp);
    case 'tls':
      return withoutNull(check.tls);
    case 'dns':
      return withoutNull(check.dns);
    case 'icmp':
      return withoutNull(check.icmp);
    case 'websocket':
      return withoutNull(check.websocket);
    case 'smtp':
      return withoutNull(check.smtp);
  }
}

type HttpAuth = Extract<CheckDefinition, { type: 'http' }>['http']['auth'];

function writtenAuth(auth: HttpAuth): Fields | null {
  if (auth === null) return null;
  if (auth.scheme === 'bearer') return { bearer: auth.token };
  return { basic: { username: auth.username, password: auth.password } };
}

/** Text where that says the very same. */
function writtenAssertion(assertion: Assertion): string | Assertion {
  const text = formatAssertion(assertion);
  try {
    const read = parseAssertion(text, '');
    return sorted(read) === sorted(assertion) ? text : assertion;
  } catch {
    return assertion;
  }
}

/** One text for values that differ in the order of their keys only. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isFields(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** The blocks of a definition say `null` where an input says nothing. */
function withoutNull(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, isFields(value) ? withoutNull(value) : value]),
  );
}
