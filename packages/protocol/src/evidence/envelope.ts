import Type, { type Static } from 'typebox';
import { Base64, Strict } from '../schema.ts';

/** DSSE 1.0.2 envelope. `payload` and `sig` are standard base64. */
export const Envelope = Strict({
  payloadType: Type.String({ maxLength: 128 }),
  payload: Base64,
  signatures: Type.Array(Strict({ keyid: Type.String({ maxLength: 128 }), sig: Base64 }), {
    minItems: 1,
    maxItems: 16,
  }),
});
export type Envelope = Static<typeof Envelope>;

/** What each kind of signed payload declares itself as; a vote cannot pass for a record. */
export const PAYLOAD_TYPES = {
  batch: 'application/vnd.trustmonitor.batch+json',
  record: 'application/vnd.in-toto+json',
  keyring: 'application/vnd.trustmonitor.keyring+json',
  join: 'application/vnd.trustmonitor.join+json',
} as const;
