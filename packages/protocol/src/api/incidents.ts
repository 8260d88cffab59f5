import Type, { type Static } from 'typebox';
import { Envelope } from '../evidence/envelope.ts';
import { AmendmentReason } from '../evidence/record.ts';
import { HOLD_KINDS } from '../routing.ts';
import { Nullable, Sha256Hex, Slug, Strict, Timestamp, Uuid7 } from '../schema.ts';
import { Verdict } from '../verdict.ts';
import { DeliveryState } from './channels.ts';

export const IncidentResource = Strict({
  id: Uuid7,
  monitor: Slug,
  monitorName: Type.String(),
  target: Type.String(),
  state: Type.Enum(['open', 'resolved']),
  verdict: Verdict,
  /** Most severe verdict of its life. */
  kind: Type.Enum(['down', 'partial']),
  openedAt: Timestamp,
  resolvedAt: Nullable(Timestamp),
  /** Regions that saw it down, and all members, in the round that opened it. */
  regionsDown: Type.Array(Slug),
  regions: Type.Array(Slug),
  /** Failure class in the words of a person, from the opening round. */
  reason: Type.String(),
  /** Who has it in hand. */
  acknowledged: Nullable(
    Strict({ by: Type.String(), at: Timestamp, note: Nullable(Type.String()) }),
  ),
});
export type IncidentResource = Static<typeof IncidentResource>;

/** One thing that happened to an incident; unions of `type`, in order of time. */
export const TimelineEntry = Type.Union([
  Strict({
    at: Timestamp,
    type: Type.Literal('recorded'),
    step: Type.Enum(['open', 'update', 'resolve', 'amend']),
    digest: Sha256Hex,
  }),
  Strict({
    at: Timestamp,
    type: Type.Enum(['acknowledged', 'noted']),
    actor: Type.String(),
    note: Nullable(Type.String()),
    /** Whether public status pages show it. */
    public: Type.Boolean(),
  }),
  Strict({
    at: Timestamp,
    type: Type.Literal('notified'),
    channel: Slug,
    message: Type.String(),
    state: DeliveryState,
    attempts: Type.Integer({ minimum: 0 }),
    lastError: Nullable(Type.String()),
  }),
]);
export type TimelineEntry = Static<typeof TimelineEntry>;

/** A channel that is to hear of an incident: when it was told, or what keeps it from that. */
export const IncidentAlert = Strict({
  channel: Slug,
  /** First and last time that a message was written for it; the timeline says how it arrived. */
  firstToldAt: Nullable(Timestamp),
  lastToldAt: Nullable(Timestamp),
  /** Why it is not told now, or never was. */
  held: Nullable(
    Strict({
      kind: Type.Enum([...HOLD_KINDS]),
      why: Type.String(),
      /** A silence, a monitor, regions. */
      by: Nullable(Type.String()),
      /** Null: until something happens. */
      until: Nullable(Timestamp),
    }),
  ),
});
export type IncidentAlert = Static<typeof IncidentAlert>;

/** Where a record stands in the log, by the first cosigned head over it. */
const RecordLog = Strict({
  index: Type.Integer({ minimum: 0 }),
  /** Leaves under that head. */
  size: Type.Integer({ minimum: 1 }),
  /** When as many witnesses as the policy asks for had cosigned it. */
  cosignedAt: Timestamp,
  witnesses: Type.Array(Type.String({ examples: ['example/eu-west-1'] })),
});
export type RecordLog = Static<typeof RecordLog>;

export const IncidentDetail = Strict({
  ...IncidentResource.properties,
  records: Type.Array(
    Strict({
      digest: Sha256Hex,
      step: Type.Enum(['open', 'update', 'resolve', 'amend']),
      recordedAt: Timestamp,
      envelope: Envelope,
      /** Null before witnesses have cosigned it, and where no log is kept. */
      log: Nullable(RecordLog),
    }),
  ),
  timeline: Type.Array(TimelineEntry),
  alerts: Type.Array(IncidentAlert),
});
export type IncidentDetail = Static<typeof IncidentDetail>;

const Note = Type.String({ minLength: 1, maxLength: 4_000 });

export const IncidentAckInput = Strict({ note: Type.Optional(Note) });

export const IncidentNoteInput = Strict({
  note: Note,
  public: Type.Optional(
    Type.Boolean({
      description:
        'Whether anybody may read it: the public status pages that show the monitor then show the note, ' +
        'without the name of who wrote it. A note cannot be changed or taken back.',
      default: false,
    }),
  ),
});

/** Why an incident is closed by hand: part of the signed record, which outsiders read. */
export const IncidentResolveInput = Strict({ reason: AmendmentReason });

export const IncidentNoteResource = Strict({
  id: Uuid7,
  kind: Type.Enum(['ack', 'note']),
  actor: Type.String(),
  at: Timestamp,
  note: Nullable(Type.String()),
  /** Whether public status pages show it. */
  public: Type.Boolean(),
});
export type IncidentNoteResource = Static<typeof IncidentNoteResource>;
