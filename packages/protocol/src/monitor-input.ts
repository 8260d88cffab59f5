/** Monitors as people write them, in YAML and over the API, and how they become complete. */
import Type, { type Static } from 'typebox';
import { parseAssertion, type Assertion } from './assertion.ts';
import type { CheckDefinition } from './check.ts';
import { parseDuration } from './duration.ts';
import { TrustMonitorError } from './errors.ts';
import type { FailureClass } from './failure.ts';
import { FAILURE_CLASSES } from './failure.ts';
import type { Monitor } from './monitor.ts';
import { parserOf } from './parse.ts';
import { requiredVotes } from './quorum-rule.ts';
import { Slug, Strict } from './schema.ts';

const Duration = Type.Union([Type.String({ maxLength: 32 }), Type.Number({ minimum: 0 })], {
  description: 'A number and a unit (500ms, 30s, 1m30s); a bare number is seconds.',
});
const OptionalRounds = Type.Optional(Type.Integer({ minimum: 1, maximum: 20 }));

export const HttpInput = Strict({
  method: Type.Optional(Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])),
  headers: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 4_096 }))),
  body: Type.Optional(Type.String({ maxLength: 65_536 })),
  followRedirects: Type.Optional(Type.Boolean()),
  maxRedirects: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
});

/** What `defaults:` may set, and every monitor too. */
const Settings = {
  interval: Type.Optional(Duration),
  timeout: Type.Optional(Duration),
  retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 5 })),
  mode: Type.Optional(Type.Enum(['rotate', 'all'])),
  regions: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 64 })),
  quorum: Type.Optional(Type.Union([Type.String({ maxLength: 16 }), Type.Integer({ minimum: 1 })])),
  confirm: Type.Optional(Strict({ rounds: OptionalRounds, after: Type.Optional(Duration) })),
  recover: Type.Optional(Strict({ rounds: OptionalRounds })),
  partial: Type.Optional(
    Type.Enum(['show', 'incident'], {
      description: 'Whether a confirmed `partial` is only shown or opens an incident.',
    }),
  ),
  degradedAfter: Type.Optional(Duration),
  assertions: Type.Optional(Type.Array(Type.String({ maxLength: 4_096 }), { maxItems: 64 })),
  alerts: Type.Optional(
    Type.Array(Strict({ notify: Slug, onResolve: Type.Optional(Type.Boolean()) }), {
      maxItems: 16,
    }),
  ),
};

export const MonitorDefaults = Strict(Settings);
export type MonitorDefaults = Static<typeof MonitorDefaults>;

/** Two keys are a valid monitor: `name` and `url`. */
export const MonitorInput = Strict({
  id: Type.Optional(Slug),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  group: Type.Optional(Type.String({ maxLength: 200 })),
  labels: Type.Optional(
    Type.Record(Type.String({ maxLength: 63 }), Type.String({ maxLength: 200 })),
  ),
  enabled: Type.Optional(Type.Boolean()),
  type: Type.Optional(Type.Enum(['http'])),
  url: Type.String({ maxLength: 2_048 }),
  http: Type.Optional(HttpInput),
  expected_status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
  runbook: Type.Optional(Type.String({ maxLength: 2_048 })),
  ...Settings,
});
export type MonitorInput = Static<typeof MonitorInput>;

export const monitorInputParser = parserOf(MonitorInput);

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

/**
 * Fills in every default and checks what a schema cannot.
 *
 * Errors carry the JSON pointer of the field, relative to the monitor.
 */
export function completeMonitor(input: MonitorInput, defaults: MonitorDefaults = {}): Monitor {
  const settings = { ...defaults, ...input };
  const intervalMs = durationAt(settings.interval, DEFAULTS.intervalMs, '/interval');
  if (intervalMs < 1_000) throw misfit('/interval', 'must be at least 1s');
  return {
    id: input.id ?? slugOf(input.name),
    name: input.name,
    group: input.group ?? null,
    labels: input.labels ?? {},
    enabled: input.enabled ?? true,
    intervalMs,
    mode: settings.mode ?? 'rotate',
    regions: settings.regions ?? ['*'],
    policy: completePolicy(settings),
    check: completeCheck(input, settings, intervalMs),
    alerts:
      settings.alerts?.map(({ notify, onResolve }) => ({ notify, onResolve: onResolve ?? true })) ??
      null,
    runbook: input.runbook ?? null,
  };
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
  settings: MonitorDefaults,
  intervalMs: number,
): CheckDefinition {
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
    type: 'http',
    url: absoluteHttpUrl(input.url),
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
    http: {
      method: input.http?.method ?? 'GET',
      headers: lowerCaseNames(input.http?.headers ?? {}),
      body: input.http?.body ?? null,
      followRedirects: input.http?.followRedirects ?? true,
      maxRedirects: input.http?.maxRedirects ?? 5,
    },
  };
}

function completeAssertions(input: MonitorInput, settings: MonitorDefaults): Assertion[] {
  const written = (settings.assertions ?? []).map((text, i) =>
    parseAssertion(text, `/assertions/${i}`),
  );
  if (input.expected_status !== undefined) {
    written.unshift({ subject: 'status', op: '==', value: input.expected_status });
  }
  const asksForStatus = written.some((assertion) => assertion.subject === 'status');
  // Without a word about the status, any answer below 400 is a good one.
  return asksForStatus ? written : [{ subject: 'status', op: '<', value: 400 }, ...written];
}

function absoluteHttpUrl(text: string): string {
  if (!/^https?:\/\/[^/?#\s]+/i.test(text)) {
    throw misfit('/url', `"${text}" is not an http or https URL`);
  }
  return text;
}

function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function durationAt(
  value: string | number | undefined,
  fallbackMs: number,
  pointer: string,
): number {
  return value === undefined ? fallbackMs : parseDuration(value, pointer);
}

function misfit(pointer: string, detail: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', `${pointer} ${detail}`, {
    where: pointer,
    fields: [{ pointer, detail }],
  });
}

/** `Checkout API (EU)` becomes `checkout-api-eu`. Throws when nothing is left. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  if (slug === '') {
    throw new TrustMonitorError('input.invalid', `no id can be made from the name "${name}"`, {
      where: '/id',
      hint: 'Give the monitor an `id` of lower-case letters, digits and dashes.',
    });
  }
  return slug;
}
