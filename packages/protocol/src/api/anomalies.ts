import Type, { type Static } from 'typebox';
import { Count, Nullable, Slug, Strict, Timestamp } from '../schema.ts';

export const AnomalyKind = Type.Enum(['latency', 'shape']);
export type AnomalyKind = Static<typeof AnomalyKind>;

/** Answers that are up, and not as they usually are. No incident, and no part of what is signed. */
export const AnomalyResource = Strict({
  kind: AnomalyKind,
  since: Timestamp,
  /** What is seen, where, and what is usual. */
  summary: Type.String(),
  /** Standard deviations above what is usual, in the middle one of the regions; null for `shape`. */
  z: Nullable(Type.Number()),
  /** Where it is seen. */
  regions: Type.Array(Slug),
});
export type AnomalyResource = Static<typeof AnomalyResource>;

/** Microseconds. A deviation is what one standard deviation adds to the median. */
const HourlyBaseline = Strict({ medianUs: Count, deviationUs: Count });

const RegionBaseline = Strict({
  region: Slug,
  /** Null while too few answers are known to judge by. */
  usual: Nullable(
    Strict({
      ...{ medianUs: Count, deviationUs: Count, meanUs: Count, samples: Count },
      /** What is usual at this hour of the day; null before seven days are known. */
      hourly: Nullable(HourlyBaseline),
    }),
  ),
  /** When the oldest of these answers came. */
  since: Nullable(Timestamp),
  /** Of the newest answer. */
  z: Nullable(Type.Number()),
});

/** A part of an answer's form, such as its content type. */
const FacetBaseline = Strict({
  facet: Type.Enum(['status', 'redirect', 'type', 'json', 'size', 'headers', 'body']),
  /** Whether another value would be odd; otherwise it is still learnt what is usual. */
  steady: Type.Boolean(),
  /**
   * What is usual, the newest last. Bytes, about, of `size`; of `json`, `headers` and `body` a digest,
   * which says only whether they are the same. Empty text: there is none.
   */
  values: Type.Array(Type.String()),
  /** When one of these was learnt last. */
  since: Timestamp,
});

/** What is usual for a monitor: how long answers take in each region, and what form they have. */
export const BaselineResource = Strict({
  monitor: Slug,
  at: Timestamp,
  anomalies: Type.Array(AnomalyResource),
  regions: Type.Array(RegionBaseline),
  /** In all regions together: those may see different ones, and all of them are usual. */
  form: Type.Array(FacetBaseline),
});
export type BaselineResource = Static<typeof BaselineResource>;
