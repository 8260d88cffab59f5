/**
 * The people who are let in. Each has a token that nobody holds the text of: it expires with the newest
 * session, an operator can revoke it as any other, and the audit log has its name.
 */
import { TrustMonitorError } from '@trustmonitor/protocol';
import { hashToken, newSecret } from '../api/token.ts';
import { lockById } from '../store/advisory-locks.ts';
import { SYSTEM, insertAudit } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';
import {
  renewPersonToken,
  selectPersonToken,
  selectStandingPeople,
  upsertPerson,
} from '../store/people.ts';
import { insertToken, revokeToken, type StoredToken } from '../store/tokens.ts';
import { entriesOf, scopesOf, verifiedEmail } from './admission.ts';
import type { Person } from './provider.ts';
import type { OidcSettings } from './settings.ts';

/** As the audit log has them: an address that nobody has verified names nobody. */
export function nameOf({ subject, claims }: Person): string {
  return `oidc:${verifiedEmail(claims) ?? subject}`;
}

/** Lets somebody in. Throws `oidc.unlisted` for whom no list has. */
export async function admit(
  tx: Queryable,
  person: Person,
  { admission, groupsClaim, sessionHours, name: provider }: OidcSettings,
): Promise<StoredToken> {
  const entries = entriesOf(person.claims, groupsClaim, admission);
  const [name, scopes] = [nameOf(person), scopesOf(entries, admission)];
  if (scopes.length === 0) {
    throw new TrustMonitorError('oidc.unlisted', `${name} may not come in`, {
      hint: `${provider} knows you, but no list of this server has your verified address or a group of yours.`,
    });
  }
  const { issuer, subject } = person;
  await lockById(tx, 'person', `${issuer} ${subject}`);
  const id =
    (await selectPersonToken(tx, issuer, subject)) ?? (await makeToken(tx, { name, scopes }));
  await renewPersonToken(tx, { id, name, scopes }, sessionHours);
  await upsertPerson(tx, { issuer, subject, entries, token: id });
  return { id, name, scopes };
}

async function makeToken(
  tx: Queryable,
  token: Omit<StoredToken, 'id'>,
): Promise<StoredToken['id']> {
  const hash = hashToken(newSecret());
  const id = await insertToken(tx, { ...token, hash, createdBy: 'oidc' });
  if (id === null) throw new Error('two random tokens are the same');
  return id;
}

/**
 * Revokes the tokens of people whom the settings do not let in any more, or let do something else: at
 * each start, so that who is taken off a list is out with it.
 */
export async function dismissUnlisted(
  database: Database,
  settings: OidcSettings | null,
): Promise<void> {
  const standing = await selectStandingPeople(database);
  for (const { issuer, entries, scopes, token, name } of standing) {
    const isOurs = settings !== null && new URL(settings.issuer).href === new URL(issuer).href;
    const now = isOurs ? scopesOf(entries, settings.admission) : [];
    if (now.length > 0 && now.join() === scopes.join()) continue;
    await database.transaction(async (tx) => {
      if (!(await revokeToken(tx, token))) return;
      const detail = { name, why: 'the settings let them do something else' };
      await insertAudit(tx, { actor: SYSTEM, action: 'token.revoked', subject: token, detail });
    });
  }
}
