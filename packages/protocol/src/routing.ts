/**
 * Who hears of an alert, as a tree: a node is for the alerts that fit it, and what it does not say
 * it has from the node above it. `RoutingInput` is what people write, `Routing` is complete.
 */
import Type, { type Static } from 'typebox';
import { durationAt, DurationInput, misfit } from './checks/input.ts';
import { formatDuration } from './duration.ts';
import { parserOf } from './parse.ts';
import { Millis, Slug, Strict } from './schema.ts';
import { Selector } from './selector.ts';

export const AlertSeverity = Type.Enum(['critical', 'error', 'warning', 'info']);
export type AlertSeverity = Static<typeof AlertSeverity>;

const Weekday = Type.Enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const TimeOfDay = Type.String({ pattern: '^(?:[01]\\d|2[0-3]):[0-5]\\d$', examples: ['22:00'] });
const Channels = Type.Array(Slug, { minItems: 1, maxItems: 32 });
/** What messages are put together by: a field of the monitor, or one of its labels. */
const GroupBy = Type.Array(
  Type.String({ pattern: '^(?:monitor|group|severity|labels\\..{1,63})$', maxLength: 70 }),
  { maxItems: 8 },
);

/** While people sleep: alerts wait, but for those that are as severe as `minSeverity` or worse. */
export const QuietHours = Strict({
  from: TimeOfDay,
  /** Before or at `from`: on the next day. */
  to: TimeOfDay,
  /** Days that it begins on; none: every day. */
  days: Type.Optional(Type.Array(Weekday, { minItems: 1, maxItems: 7, uniqueItems: true })),
  timezone: Type.String({ minLength: 1, maxLength: 64, examples: ['Europe/Berlin'] }),
  minSeverity: Type.Optional(AlertSeverity),
});
export type QuietHours = Static<typeof QuietHours>;

export const HOLD_KINDS = [
  'maintenance',
  'silence',
  'inhibition',
  'region',
  'flapping',
  'quiet_hours',
  'acknowledged',
  'escalation',
] as const;

/** What both forms say in the same words. */
const COMMON = {
  match: Type.Optional(Selector),
  severity: Type.Optional(Type.Array(AlertSeverity, { minItems: 1, maxItems: 4 })),
  notify: Type.Optional(Channels),
  continue: Type.Optional(Type.Boolean()),
  groupBy: Type.Optional(GroupBy),
  quietHours: Type.Optional(QuietHours),
};

const WRITTEN = {
  ...COMMON,
  groupWait: Type.Optional(DurationInput),
  groupInterval: Type.Optional(DurationInput),
  remindEvery: Type.Optional(DurationInput),
  escalate: Type.Optional(
    Type.Array(Strict({ after: DurationInput, notify: Channels }), { minItems: 1, maxItems: 8 }),
  ),
};

const COMPLETE = {
  ...COMMON,
  groupWaitMs: Type.Optional(Millis),
  groupIntervalMs: Type.Optional(Millis),
  remindEveryMs: Type.Optional(Millis),
  escalate: Type.Optional(Type.Array(Strict({ afterMs: Millis, notify: Channels }))),
};

// Four levels, spelt out: a schema that names itself is not understood by every reader of ours.
const below = <T extends Type.TSchema>(route: T) =>
  Type.Optional(Type.Array(route, { minItems: 1, maxItems: 64 }));
const WrittenLeaf = Strict(WRITTEN);
const WrittenTwig = Strict({ ...WRITTEN, routes: below(WrittenLeaf) });
const WrittenBranch = Strict({ ...WRITTEN, routes: below(WrittenTwig) });
export const RoutingInput = Strict({ ...WRITTEN, routes: below(WrittenBranch) });
export type RoutingInput = Static<typeof RoutingInput>;

const Leaf = Strict(COMPLETE);
const Twig = Strict({ ...COMPLETE, routes: below(Leaf) });
const Branch = Strict({ ...COMPLETE, routes: below(Twig) });
/** The root of the tree. Empty: every channel hears of everything. */
export const Routing = Strict({ ...COMPLETE, routes: below(Branch) });
export type Routing = Static<typeof Routing>;

export const routingInputParser = parserOf(RoutingInput);

const DAY_MS = 86_400_000;
const LONGEST_GROUP_MS = 3_600_000;
const SHORTEST_REMINDER_MS = 60_000;

/** Throws `input.invalid` with the pointer of the field. */
export function completeRouting(input: RoutingInput): Routing {
  for (const key of ['match', 'severity', 'continue'] as const) {
    if (input[key] !== undefined) throw misfit(`/${key}`, 'is not used here: the root fits all');
  }
  return complete(input, '');
}

function complete(input: RoutingInput, at: string): Routing {
  const { groupWait, groupInterval, remindEvery, escalate, routes, ...common } = input;
  requireTimezone(common.quietHours, at);
  return {
    ...common,
    ...(groupWait === undefined ? {} : { groupWaitMs: short(groupWait, `${at}/groupWait`) }),
    ...(groupInterval === undefined
      ? {}
      : { groupIntervalMs: short(groupInterval, `${at}/groupInterval`) }),
    ...(remindEvery === undefined
      ? {}
      : { remindEveryMs: reminderAt(remindEvery, `${at}/remindEvery`) }),
    ...(escalate === undefined
      ? {}
      : {
          escalate: escalate.map(({ after, notify }, i) => ({
            afterMs: delayAt(after, `${at}/escalate/${i}/after`),
            notify,
          })),
        }),
    ...(routes === undefined
      ? {}
      : { routes: routes.map((route, i) => complete(route, `${at}/routes/${i}`)) }),
  };
}

function short(value: string | number, pointer: string): number {
  const ms = durationAt(value, 0, pointer);
  if (ms > LONGEST_GROUP_MS) throw misfit(pointer, 'must be at most 1h');
  return ms;
}

/** How long after the beginning somebody is told. */
export function delayAt(value: string | number, pointer: string): number {
  const ms = durationAt(value, 0, pointer);
  if (ms > 7 * DAY_MS) throw misfit(pointer, 'must be at most 7d');
  return ms;
}

/** How often people are reminded. */
export function reminderAt(value: string | number, pointer: string): number {
  const ms = durationAt(value, 0, pointer);
  if (ms < SHORTEST_REMINDER_MS) throw misfit(pointer, 'must be at least 1m');
  if (ms > 7 * DAY_MS) throw misfit(pointer, 'must be at most 7d');
  return ms;
}

function requireTimezone(quietHours: QuietHours | undefined, at: string): void {
  if (quietHours === undefined) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: quietHours.timezone });
  } catch {
    throw misfit(`${at}/quietHours/timezone`, 'is no IANA time zone, such as Europe/Berlin');
  }
}

/** What names channels, in both forms. */
interface Naming {
  readonly notify?: readonly string[];
  readonly escalate?: readonly { readonly notify: readonly string[] }[];
  readonly routes?: readonly Naming[];
}

/** Channels that the tree names, each with the pointer of where. */
export function channelsOf(
  { notify, escalate, routes }: Naming,
  at = '',
): { readonly channel: string; readonly pointer: string }[] {
  const named = (channels: readonly string[] | undefined, pointer: string) =>
    (channels ?? []).map((channel, i) => ({ channel, pointer: `${pointer}/${i}` }));
  return [
    ...named(notify, `${at}/notify`),
    ...(escalate ?? []).flatMap((step, i) => named(step.notify, `${at}/escalate/${i}/notify`)),
    ...(routes ?? []).flatMap((route, i) => channelsOf(route, `${at}/routes/${i}`)),
  ];
}

/** What completes to the same tree. */
export function writtenRouting(routing: Routing): RoutingInput {
  const { groupWaitMs, groupIntervalMs, remindEveryMs, escalate, routes, ...common } = routing;
  const written = (name: string, ms: number | undefined) =>
    ms === undefined ? {} : { [name]: formatDuration(ms) };
  return {
    ...common,
    ...written('groupWait', groupWaitMs),
    ...written('groupInterval', groupIntervalMs),
    ...written('remindEvery', remindEveryMs),
    ...(escalate === undefined
      ? {}
      : {
          escalate: escalate.map(({ afterMs, notify }) => ({
            after: formatDuration(afterMs),
            notify,
          })),
        }),
    ...(routes === undefined ? {} : { routes: routes.map(writtenRouting) }),
  };
}
