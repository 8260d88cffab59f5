/** Signers whose private key is a node:crypto KeyObject. */
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { keyIdOf } from '../ed25519/public-key.ts';
import { plainBytes } from './bytes.ts';
import type { Signer } from '../ed25519/types.ts';

/** A signer that can be written to a key file. */
export interface NodeSigner extends Signer {
  readonly privateKey: KeyObject;
}

/** A signer with a new key from the operating system's randomness. */
export const generateSigner = (): NodeSigner => signerOf(generateKeyPairSync('ed25519').privateKey);

export function signerOf(privateKey: KeyObject): NodeSigner {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = plainBytes(Buffer.from(x, 'base64url'));
  return {
    kid: keyIdOf(publicKey),
    publicKey,
    privateKey,
    sign: (message) => plainBytes(sign(null, message, privateKey)),
  };
}
