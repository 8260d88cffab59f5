/**
 * Whom of those that an identity provider knows is let in, and what they may then do. Pure.
 *
 * An entry of a list is `email:ada@example.com` or `group:sre`. Who has none of the entries has no
 * scopes, and without scopes nobody gets in.
 */
import type { Scope } from '@trustmonitor/protocol';

export type Role = 'admin' | 'operator' | 'reader';

/** Entries by the role that they give. */
export type Admission = Readonly<Record<Role, readonly string[]>>;

/** The most first: who is in several lists has the most of them. */
const ROLES: readonly (readonly [Role, readonly Scope[]])[] = [
  ['admin', ['admin']],
  [
    'operator',
    [
      'read',
      'monitors:write',
      'incidents:write',
      'maintenance:write',
      'channels:write',
      'checks:run',
    ],
  ],
  ['reader', ['read']],
];

export type Claims = Readonly<Record<string, unknown>>;

/** An entry as somebody wrote it: what has an `@` is an address, unless it says that it is a group. */
export function readEntry(text: string): string {
  if (text.startsWith('group:')) return text;
  if (text.startsWith('email:')) return text.toLowerCase();
  return text.includes('@') ? `email:${text.toLowerCase()}` : `group:${text}`;
}

/**
 * The address that the provider has verified; null without one. An address that is only claimed
 * could be anybody's.
 */
export function verifiedEmail({ email, email_verified }: Claims): string | null {
  return typeof email === 'string' && email_verified === true ? email.toLowerCase() : null;
}

/** What a provider says of somebody in two places. An address and whether it is verified come from one. */
export function mergeClaims(idToken: Claims, userInfo: Claims): Claims {
  const merged = { ...idToken, ...userInfo };
  return userInfo['email'] === undefined
    ? merged
    : { ...merged, email_verified: userInfo['email_verified'] };
}

/** Which entries of the lists this person has. */
export function entriesOf(claims: Claims, groupsClaim: string, admission: Admission): string[] {
  const email = verifiedEmail(claims);
  const groups = [claims[groupsClaim]].flat().filter((group) => typeof group === 'string');
  const held = new Set([
    ...(email === null ? [] : [`email:${email}`]),
    ...groups.map((group) => `group:${group}`),
  ]);
  return [...new Set(Object.values(admission).flat())].filter((entry) => held.has(entry));
}

/** Empty for somebody whom nobody has let in. */
export function scopesOf(entries: readonly string[], admission: Admission): readonly Scope[] {
  const role = ROLES.find(([name]) => admission[name].some((entry) => entries.includes(entry)));
  return role?.[1] ?? [];
}
