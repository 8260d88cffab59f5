/**
 * Assertions: what an answer must be. People write them as text (`assertion-grammar.ts`, and
 * docs/assertions.md); a definition holds the objects below, one spelling for each meaning.
 */
import Type, { type Static } from 'typebox';
import { Sha256Hex, Strict } from './schema.ts';

export const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
export const Comparison = Type.Enum([...COMPARISONS]);
export type Comparison = Static<typeof Comparison>;

export const TEXT_OPERATORS = [
  '==',
  '!=',
  'contains',
  'not contains',
  'matches',
  'not matches',
] as const;
/** `matches` takes an RE2 regular expression that may match anywhere in the text. */
export const TextOperator = Type.Enum([...TEXT_OPERATORS]);
export type TextOperator = Static<typeof TextOperator>;

const Presence = Type.Enum(['exists', 'not exists']);
const Membership = Type.Enum(['in', 'not in']);
const Equality = Type.Enum(['==', '!=']);
const Text = Type.String({ maxLength: 4_096 });
const Path = Type.String({ pattern: '^\\$', maxLength: 1_024 });
const HeaderName = Type.String({ pattern: "^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$" });

export const LATENCY_PHASES = [
  'total',
  'resolve',
  'connect',
  'tls',
  'processing',
  'transfer',
] as const;
export const LatencyPhase = Type.Enum([...LATENCY_PHASES]);
export type LatencyPhase = Static<typeof LatencyPhase>;

export const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** Both ends included. */
export const StatusRange = Strict({
  from: Type.Integer({ minimum: 100, maximum: 999 }),
  to: Type.Integer({ minimum: 100, maximum: 999 }),
});
export type StatusRange = Static<typeof StatusRange>;

/**
 * A JSON value to compare with. Definitions are hashed in canonical form, which holds integers
 * only, so any other number is kept as its decimal digits.
 */
export const JsonLiteral = Type.Union([
  Text,
  Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  Type.Boolean(),
  Type.Null(),
  Strict({ decimal: Type.String({ pattern: '^-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?$' }) }),
]);
export type JsonLiteral = Static<typeof JsonLiteral>;

const number = <S extends string>(subject: S) =>
  Strict({ subject: Type.Literal(subject), op: Comparison, value: Type.Integer() });
const text = <S extends string>(subject: S) =>
  Strict({ subject: Type.Literal(subject), op: TextOperator, value: Text });

export const Assertion = Type.Union([
  number('status'),
  Strict({
    subject: Type.Literal('status'),
    op: Membership,
    value: Type.Array(StatusRange, { minItems: 1, maxItems: 32 }),
  }),
  /** Milliseconds. */
  Strict({
    subject: Type.Literal('latency'),
    phase: LatencyPhase,
    op: Comparison,
    value: Type.Integer({ minimum: 0 }),
  }),
  text('body'),
  Strict({
    subject: Type.Literal('header'),
    name: HeaderName,
    op: TextOperator,
    value: Text,
  }),
  Strict({ subject: Type.Literal('header'), name: HeaderName, op: Presence }),
  Strict({ subject: Type.Literal('json'), path: Path, op: Comparison, value: JsonLiteral }),
  Strict({
    subject: Type.Literal('json'),
    path: Path,
    op: Type.Enum(['contains', 'not contains', 'matches', 'not matches']),
    value: Text,
  }),
  Strict({ subject: Type.Literal('json'), path: Path, op: Presence }),
  /** `schema` is the JSON text of the schema, so that its digest does not depend on a parser. */
  Strict({
    subject: Type.Literal('jsonSchema'),
    schema: Type.String({ minLength: 2, maxLength: 65_536 }),
  }),
  /** Content bytes after decompression. */
  number('size'),
  Strict({ subject: Type.Literal('sha256'), op: Equality, value: Sha256Hex }),
  /** Whole days until the first certificate of the chain expires; negative once it has. */
  number('cert.daysLeft'),
  Strict({
    subject: Type.Literal('tls.version'),
    op: Comparison,
    value: Type.Enum([...TLS_VERSIONS]),
  }),
  text('tls.cipher'),
  /**
   * One answer per line, sorted. `==` compares the whole set (separate several by commas);
   * `contains` and `matches` ask for one answer that is, or matches, the value.
   */
  text('dns.answers'),
  number('dns.count'),
  Strict({
    subject: Type.Literal('dns.rcode'),
    op: Equality,
    value: Type.String({ pattern: '^[A-Z0-9]{2,16}$' }),
  }),
  /** Echo requests without an answer, in percent. */
  number('loss'),
]);
export type Assertion = Static<typeof Assertion>;
