/** Building blocks that every schema uses: strict objects and the project's scalar types. */
import Type, { type Static, type TProperties, type TObject } from 'typebox';

/** An object that refuses unknown fields. Every message and document is made of these. */
export function Strict<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

/** A value that may be `null`. Absent and null are never both allowed for one field. */
export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Lower-case name of 1 to 63 characters: monitors, regions, groups, agents, networks. */
export const Slug = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' });

export const UUID7_PATTERN =
  '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';

/** UUID version 7 (RFC 9562), lower case: rounds and incidents; carries its time of birth. */
export const Uuid7 = Type.String({ pattern: UUID7_PATTERN });

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const Sha256Hex = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** RFC 3339, UTC, exactly three decimals: `2026-01-31T12:00:00.000Z`. */
export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
});

/** A count from 0 to 2^53 - 1. Signed documents hold integers only. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** A duration in microseconds of a monotonic clock. */
export const Micros = Count;

/** A duration in milliseconds. */
export const Millis = Count;

/** Standard base64 (RFC 4648 section 4) with padding. */
export const Base64 = Type.String({
  pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
});

export type Slug = Static<typeof Slug>;
export type Uuid7 = Static<typeof Uuid7>;
export type Sha256Hex = Static<typeof Sha256Hex>;
export type Timestamp = Static<typeof Timestamp>;

/** A process of the coordinator, by the id that it has for its life. */
export const CoordinatorId = Type.String({ pattern: '^[0-9a-f-]{36}$' });
