/** An agent's request to be enrolled: signed by each key that it wants enrolled. */
import {
  JOIN_TYPE,
  JoinStatement,
  PAYLOAD_TYPES,
  parserOf,
  type Envelope,
} from '@trustmonitor/protocol';
import { canonicalBytes, parseCanonical } from '../canonical.ts';
import { payloadOf, preAuthEncoding, signEnvelope, verifyEnvelope } from '../dsse.ts';
import { jwkOf, publicKeyOf } from '../ed25519/public-key.ts';
import type { SignatureVerifier, Signer } from '../ed25519/types.ts';
import { invalidSignature } from '../errors.ts';

const parser = parserOf(JoinStatement, 'message.malformed');

export interface JoinKeys {
  readonly vote: Signer;
  readonly witness: Signer;
}

/** `token` is the SHA-256 of the join token, in hex. */
export function signJoin(
  { token, agent, nkey }: Pick<JoinStatement, 'token' | 'agent' | 'nkey'>,
  { vote, witness }: JoinKeys,
): Envelope {
  const statement: JoinStatement = {
    _type: JOIN_TYPE,
    token,
    agent,
    nkey,
    voteKey: jwkOf(vote.publicKey),
    witnessKey: jwkOf(witness.publicKey),
  };
  return signEnvelope(PAYLOAD_TYPES.join, canonicalBytes(statement), vote, witness);
}

/** What the NKey signs of it, too. Throws `message.malformed`. */
export function joinMessage(envelope: Envelope): Uint8Array {
  return preAuthEncoding(PAYLOAD_TYPES.join, payloadOf(envelope, PAYLOAD_TYPES.join));
}

/**
 * The statement, once both of its keys have signed it. Throws `message.malformed`, `key.invalid`,
 * `key.unknown` or `signature.invalid`.
 */
export function openJoin(envelope: Envelope, verifier: SignatureVerifier): JoinStatement {
  const payload = payloadOf(envelope, PAYLOAD_TYPES.join);
  const statement = parser.parse(parseCanonical(payload, undefined, 'the request'), 'the request');
  const keys = [statement.voteKey, statement.witnessKey].map((jwk) => ({
    kid: jwk.kid,
    publicKey: publicKeyOf(jwk),
  }));
  const find = (kid: string) => keys.find((key) => key.kid === kid);
  const signed = verifyEnvelope(envelope, PAYLOAD_TYPES.join, find, verifier);
  if (signed.keys.length < 2) throw invalidSignature('the vote key and the witness key must sign');
  return statement;
}
