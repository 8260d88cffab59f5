import Type, { type Static } from 'typebox';
import { Nullable, Strict, Timestamp, Uuid7 } from '../schema.ts';

/**
 * What a token may do. `x:write` includes `x:read`; `read` includes every `:read` except those of
 * tokens and the audit log; `admin` includes all.
 */
export const SCOPES = [
  'monitors:read',
  'monitors:write',
  'incidents:read',
  'incidents:write',
  'events:read',
  'checks:run',
  'deployments:read',
  'deployments:write',
  'gate:read',
  'gate:ask',
  'channels:read',
  'channels:write',
  'pages:read',
  'pages:write',
  'maintenance:read',
  'maintenance:write',
  'agents:read',
  'agents:write',
  'keys:write',
  'tokens:read',
  'tokens:write',
  'audit:read',
  'bans:read',
  'bans:write',
  'read',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Not among what `read` lets see: who may do what, and who did what. */
const APART: readonly Scope[] = ['tokens:read', 'audit:read', 'bans:read'];

/** Whether a token with the scopes `held` may do what asks for `needed`. */
export function covers(held: readonly string[], needed: Scope): boolean {
  if (held.includes('admin') || held.includes(needed)) return true;
  if (!needed.endsWith(':read')) return false;
  if (held.includes(needed.replace(':read', ':write'))) return true;
  return held.includes('read') && !APART.includes(needed);
}

export const TokenInput = Strict({
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]+$' }),
  scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: 32, uniqueItems: true }),
  expiresAt: Type.Optional(
    Type.Union([Timestamp, Type.Null()], { description: 'null: it never expires.' }),
  ),
});
export type TokenInput = Static<typeof TokenInput>;

/** A token as it is listed: never its secret. */
export const TokenResource = Strict({
  id: Uuid7,
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  state: Type.Enum(['active', 'expired', 'revoked']),
  createdAt: Timestamp,
  createdBy: Type.String(),
  expiresAt: Nullable(Timestamp),
  /** To the minute. */
  lastUsedAt: Nullable(Timestamp),
  revokedAt: Nullable(Timestamp),
});
export type TokenResource = Static<typeof TokenResource>;

export const CreatedToken = Strict({
  ...TokenResource.properties,
  token: Type.String({ description: 'The token itself. It is shown this once.' }),
});
export type CreatedToken = Static<typeof CreatedToken>;
