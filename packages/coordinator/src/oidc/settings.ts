/** Who vouches for people, and whom of them to let in: the `TM_OIDC_*` settings. */
import { invalid } from '../setting-problem.ts';
import { readEntry, type Admission } from './admission.ts';

export interface OidcSettings {
  /** URL of the provider, under which its `/.well-known/openid-configuration` is. */
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client, which PKCE alone protects. */
  readonly clientSecret: string | null;
  /** What people call the provider. */
  readonly name: string;
  /** What it is asked to tell, by spaces. */
  readonly scope: string;
  /** The claim that holds a person's groups. */
  readonly groupsClaim: string;
  readonly admission: Admission;
  /** How long a session lasts at most. */
  readonly sessionHours: number;
}

/** What of the environment this needs. */
export interface Given {
  /** A variable that is set to something. */
  readonly text: (name: string) => string | undefined;
  /** The content of the file that a variable names. */
  readonly file: (name: string) => string | null;
}

const MOST_HOURS = 168;

/** Null while no provider is named. Throws `config.invalid`. */
export function readOidcSettings(given: Given): OidcSettings | null {
  const issuer = given.text('TM_OIDC_ISSUER');
  if (issuer === undefined) return null;
  requireIssuer(issuer);
  const clientId = given.text('TM_OIDC_CLIENT_ID');
  if (clientId === undefined) throw invalid('TM_OIDC_CLIENT_ID', 'is not set');
  return {
    issuer,
    clientId,
    clientSecret: given.text('TM_OIDC_CLIENT_SECRET') ?? given.file('TM_OIDC_CLIENT_SECRET_FILE'),
    name: given.text('TM_OIDC_NAME') ?? new URL(issuer).host,
    scope: scopeOf(given.text('TM_OIDC_SCOPES') ?? 'openid email profile'),
    groupsClaim: given.text('TM_OIDC_GROUPS_CLAIM') ?? 'groups',
    admission: readAdmission(given),
    sessionHours: hoursOf(given.text('TM_OIDC_SESSION_HOURS') ?? '12'),
  };
}

/** Secrets and identities go there, so only over TLS; a provider on this machine needs none. */
function requireIssuer(issuer: string): void {
  const name = 'TM_OIDC_ISSUER';
  if (!URL.canParse(issuer)) throw invalid(name, `is "${issuer}", not a URL`);
  const url = new URL(issuer);
  // Asked for like that, nobody would hold what the document says against where it came from.
  if (url.pathname.includes('/.well-known/')) {
    throw invalid(name, 'is the URL of a document: leave out /.well-known/ and what follows');
  }
  if (url.protocol === 'https:' || isPlain(url)) return;
  throw invalid(name, `is "${issuer}", not an https URL; http is for this machine's own addresses`);
}

/** Whether it is asked without TLS. */
export function isPlain({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** Without `openid` a provider says nothing about who somebody is. */
function scopeOf(text: string): string {
  const scopes = text.split(/[\s,]+/).filter(Boolean);
  if (scopes.includes('openid')) return scopes.join(' ');
  throw invalid('TM_OIDC_SCOPES', `is "${text}", without the scope openid`);
}

function readAdmission(given: Given): Admission {
  const admission = {
    admin: entriesIn(given, 'TM_OIDC_ADMINS'),
    operator: entriesIn(given, 'TM_OIDC_OPERATORS'),
    reader: entriesIn(given, 'TM_OIDC_READERS'),
  };
  if (Object.values(admission).some(({ length }) => length > 0)) return admission;
  throw invalid('TM_OIDC_ADMINS', 'is not set, nor are TM_OIDC_OPERATORS and TM_OIDC_READERS');
}

function entriesIn(given: Given, name: string): string[] {
  const parts = (given.text(name) ?? '').split(',').map((part) => part.trim());
  return parts.filter(Boolean).map(readEntry);
}

function hoursOf(text: string): number {
  const hours = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (hours >= 1 && hours <= MOST_HOURS) return hours;
  const what = `is "${text}", not a number of hours from 1 to ${MOST_HOURS}`;
  throw invalid('TM_OIDC_SESSION_HOURS', what);
}
