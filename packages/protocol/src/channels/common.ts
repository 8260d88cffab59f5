/** What kinds of channels share: addresses, and secrets that only their writers see. */
import Type, { type TSchema, type TStringOptions } from 'typebox';
import { SecretRef } from '../checks/common.ts';

export const HTTP_URL = { pattern: '^https?://', maxLength: 2_048 } as const;

/** Shown to everybody who may read channels: it must not hold credentials. */
export const PublicUrl = Type.String(HTTP_URL);

/** Printable text of one line. */
export const Line = (maxLength: number) =>
  Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]+$', maxLength });

/**
 * A secret as it is written: its value, or the `{ secretRef: NAME }` that is shown in its place,
 * which keeps the stored value.
 */
export const SecretText = (options: TStringOptions = {}) =>
  Type.Union([Type.String({ minLength: 1, maxLength: 2_048, ...options }), SecretRef]);

/** A channel's definition with the values of its secrets, as it is delivered to. Never shown. */
export type Opened<T> = T extends SecretRef
  ? string
  : T extends readonly (infer Item)[]
    ? Opened<Item>[]
    : T extends object
      ? { [Key in keyof T]: Opened<T[Key]> }
      : T;

/** How a kind of channel is written, how it is shown, and which of its fields are secret. */
export interface ChannelKind {
  readonly input: TSchema;
  readonly shown: TSchema;
  /** A field is one secret, or a list of them. */
  readonly secrets: readonly string[];
}

export { SecretRef };
