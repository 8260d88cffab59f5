/** Join tokens: `tmj_<secret>_<checksum>`, so that a scanner can find one in a leak. */
import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

export function newJoinToken(): string {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return `tmj_${secret}_${joinTokenHash(secret).slice(0, 8)}`;
}

/** SHA-256 in hex: what is stored, and what the agent's request names. */
export function joinTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
