/** The coordinator's settings: the only file of this process that reads the environment. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { tracesUrlOf } from '@trustmonitor/tracing';
import type { DeadManSettings } from './dead-man.ts';
import type { GateSettings } from './gate/gate.ts';
import { readStages } from './gate/stages-file.ts';
import { readOidcSettings, type OidcSettings } from './oidc/settings.ts';
import type { Retention } from './retention.ts';
import { invalid } from './setting-problem.ts';
import { MONITOR_PLACE } from './links.ts';
import { TRACE_ID_PLACE } from './trace-url.ts';

export interface CoordinatorConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  /** NKey seed for the broker; null for one without authentication. */
  readonly natsSeed: string | null;
  /** NKey seed of the network's account at the broker; null where the broker has a list of users. */
  readonly natsAccountSeed: string | null;
  /** Where agents that join are told to find the broker. */
  readonly natsAdvertise: string;
  readonly network: string;
  /** Private key of role `coordinator-report` (PKCS#8 PEM). */
  readonly reportKeyFile: string;
  /** The pinned root, and the key rings that it vouches for. */
  readonly rootFile: string;
  readonly keyringFile: string;
  /** Private key of role `log`; null for a network whose key ring names no log. */
  readonly logKeyFile: string | null;
  /** Where public witnesses answer, by their names in the key ring's policy. */
  readonly witnessUrls: ReadonlyMap<string, string>;
  /** Private key of role `agent-vote` for heartbeat monitors; null: there are none. */
  readonly pushKeyFile: string | null;
  /** Private key that the key ring delegates enrolment to; null: agents cannot join here. */
  readonly enrolmentKeyFile: string | null;
  readonly httpHost: string;
  readonly httpPort: number;
  /** Addresses and CIDR blocks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** What links in messages start with. */
  readonly publicUrl: string;
  /** Where the admin token is kept; made at the first start. */
  readonly adminTokenFile: string;
  /** Key that encrypts monitors' secrets at rest; made at the first start. */
  readonly secretKeyFile: string;
  readonly retention: Retention;
  readonly metrics: MetricsSettings;
  /** URL of a trace, with `{traceId}` in it; null: no links to traces. */
  readonly traceUrlTemplate: string | null;
  /** URL of a monitor's dashboard, with `{monitor}` in it; null: no links to one. */
  readonly dashboardUrlTemplate: string | null;
  /** Where traces are posted to, over OTLP/HTTP; null: nowhere. */
  readonly tracesUrl: string | null;
  /** Told regularly that this coordinator decides; null: nobody outside is told. */
  readonly deadMan: DeadManSettings | null;
  /** Which stages there are, and who decides about deployments. */
  readonly gate: GateSettings;
  /** Who vouches for people that sign in to the console; null: nobody, they sign in with tokens. */
  readonly oidc: OidcSettings | null;
  readonly logLevel: string;
}

export interface MetricsSettings {
  /** Whether `/metrics` answers without a token. */
  readonly isPublic: boolean;
  /** How many monitors have series of their own. */
  readonly monitors: number;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads and checks all settings; throws `config.invalid` naming the variable. */
export function readConfig(env: Environment): CoordinatorConfig {
  const [httpHost, httpPort] = address(env, 'TM_HTTP_ADDR', '127.0.0.1:7070');
  const adminTokenFile = required(env, 'TM_ADMIN_TOKEN_FILE');
  return {
    databaseUrl: databaseUrl(env),
    natsUrl: required(env, 'TM_NATS_URL'),
    natsSeed: optionalFile(env, 'TM_NATS_SEED_FILE'),
    natsAccountSeed: optionalFile(env, 'TM_NATS_ACCOUNT_SEED_FILE'),
    natsAdvertise: given(env, 'TM_NATS_ADVERTISE') ?? required(env, 'TM_NATS_URL'),
    network: required(env, 'TM_NETWORK'),
    reportKeyFile: required(env, 'TM_REPORT_KEY_FILE'),
    rootFile: required(env, 'TM_ROOT_FILE'),
    keyringFile: required(env, 'TM_KEYRING_FILE'),
    logKeyFile: env['TM_LOG_KEY_FILE'] ?? null,
    witnessUrls: namedUrls(env, 'TM_WITNESS_URLS'),
    pushKeyFile: given(env, 'TM_PUSH_KEY_FILE') ?? null,
    enrolmentKeyFile: given(env, 'TM_ENROLMENT_KEY_FILE') ?? null,
    httpHost,
    httpPort,
    trustedProxies: addressBlocks(env, 'TM_TRUSTED_PROXIES'),
    publicUrl: httpUrl(env, 'TM_PUBLIC_URL', `http://${inUrl(httpHost)}:${httpPort}`),
    adminTokenFile,
    secretKeyFile: given(env, 'TM_SECRET_KEY_FILE') ?? join(dirname(adminTokenFile), 'secret.key'),
    retention: {
      rawDays: days(env, 'TM_RETENTION_RAW_DAYS', 14),
      minuteDays: days(env, 'TM_RETENTION_MINUTE_DAYS', 7),
      hourDays: days(env, 'TM_RETENTION_HOUR_DAYS', 180),
      deliveryDays: days(env, 'TM_RETENTION_DELIVERY_DAYS', 90),
    },
    traceUrlTemplate: urlTemplate(env, 'TM_TRACE_URL_TEMPLATE', TRACE_ID_PLACE),
    dashboardUrlTemplate: urlTemplate(env, 'TM_DASHBOARD_URL_TEMPLATE', MONITOR_PLACE),
    tracesUrl: tracesUrl(env),
    metrics: {
      isPublic: oneOf(env, 'TM_METRICS_PUBLIC', ['0', '1'], '0') === '1',
      monitors: wholeNumber(env, 'TM_METRICS_MONITORS', 2_000, MOST_SHOWN_MONITORS),
    },
    deadMan: deadMan(env),
    gate: { stages: readStages(given(env, 'TM_GATE_FILE')), opa: opa(env) },
    oidc: readOidcSettings({
      text: (name) => given(env, name),
      file: (name) => optionalFile(env, name),
    }),
    logLevel: oneOf(env, 'TM_LOG_LEVEL', LOG_LEVELS, 'info'),
  };
}

function required(env: Environment, name: string): string {
  const value = given(env, name);
  if (value === undefined) throw invalid(name, 'is not set');
  return value;
}

/** With its password, so it may be given as a file. */
function databaseUrl(env: Environment): string {
  const file = optionalFile(env, 'DATABASE_URL_FILE');
  return given(env, 'DATABASE_URL') ?? file ?? required(env, 'DATABASE_URL');
}

function optionalFile(env: Environment, name: string): string | null {
  const path = given(env, name);
  if (path === undefined) return null;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw invalid(name, `names ${path}, which cannot be read`, cause);
  }
}

function oneOf(
  env: Environment,
  name: string,
  values: readonly string[],
  fallback: string,
): string {
  const value = given(env, name) ?? fallback;
  if (!values.includes(value)) throw invalid(name, `must be one of ${values.join(', ')}`);
  return value;
}

/** Rollups are made of what is younger, and have to catch up after a pause: not below 3. */
const FEWEST_DAYS = 3;
const MOST_DAYS = 36_500;

function days(env: Environment, name: string, fallback: number): number {
  const value = given(env, name) ?? `${fallback}`;
  const count = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (count >= FEWEST_DAYS && count <= MOST_DAYS) return count;
  throw invalid(name, `is "${value}", not a number of days from ${FEWEST_DAYS} to ${MOST_DAYS}`);
}

/** Prometheus itself suffers from more than these times some twelve series and the regions. */
const MOST_SHOWN_MONITORS = 100_000;

/** From 0 to `most`. */
function wholeNumber(env: Environment, name: string, fallback: number, most: number): number {
  const value = given(env, name) ?? `${fallback}`;
  if (/^\d{1,15}$/.test(value) && Number(value) <= most) return Number(value);
  throw invalid(name, `is "${value}", not a whole number from 0 to ${most}`);
}

/** `host:port`; an IPv6 host stands in brackets; port 0 is any free port. */
function address(env: Environment, name: string, fallback: string): [string, number] {
  const value = given(env, name) ?? fallback;
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) {
    throw invalid(name, `is "${value}", not host:port`);
  }
  return [match[1].replace(/^\[|\]$/g, ''), port];
}

/** Addresses and CIDR blocks, several by commas. */
function addressBlocks(env: Environment, name: string): string[] {
  const blocks = (given(env, name) ?? '').split(',').map((part) => part.trim());
  return blocks.filter(Boolean).map((block) => {
    const [, address = '', bits = '0'] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(block) ?? [];
    const mostBits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    if (Number(bits) <= mostBits) return block;
    throw invalid(name, `has "${block}", not an address or a CIDR block such as 10.0.0.0/8`);
  });
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

const LONGEST_BEAT_S = 86_400;

/** The URL as it is given, without a user: what stands behind its path can be its secret. */
function deadMan(env: Environment): DeadManSettings | null {
  const seconds = given(env, 'TM_DEADMAN_INTERVAL') ?? '60';
  const interval = /^\d{1,5}$/.test(seconds) ? Number(seconds) : 0;
  if (interval < 1 || interval > LONGEST_BEAT_S) {
    throw invalid(
      'TM_DEADMAN_INTERVAL',
      `is "${seconds}", not a number of seconds from 1 to ${LONGEST_BEAT_S}`,
    );
  }
  const url = given(env, 'TM_DEADMAN_URL');
  if (url === undefined) return null;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw invalid('TM_DEADMAN_URL', 'is not an http or https URL');
  }
  return { ...withoutUser(url), intervalMs: interval * 1_000 };
}

/** `fetch` refuses a URL with a user in it, in words that repeat it: both go as Basic (RFC 7617). */
function withoutUser(text: string): Pick<DeadManSettings, 'url' | 'authorization'> {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { url: text, authorization: null };
  let pair: string;
  try {
    pair = [url.username, url.password].map(decodeURIComponent).join(':');
  } catch {
    throw invalid('TM_DEADMAN_URL', 'has a user that is not percent-encoded properly');
  }
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** As it is given: it names a document of OPA's, and nothing is appended to it. */
function opa(env: Environment): GateSettings['opa'] {
  const name = 'TM_OPA_URL';
  const url = given(env, name);
  if (url === undefined) return null;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw invalid(name, 'is not an http or https URL');
  }
  const { username, password, pathname } = new URL(url);
  // fetch refuses such URLs, and the gate would stay closed for that.
  if (username !== '' || password !== '') {
    throw invalid(name, 'has a user in it: give a token as TM_OPA_TOKEN or TM_OPA_TOKEN_FILE');
  }
  if (!/^\/v1\/data\/./.test(pathname)) {
    throw invalid(
      name,
      'names no document of OPA, such as http://host:8181/v1/data/trustmonitor/gate',
    );
  }
  return { url, token: opaToken(env) };
}

/** What no header can hold, `fetch` refuses in words that name it. */
function opaToken(env: Environment): string | null {
  const text = given(env, 'TM_OPA_TOKEN');
  const token = text ?? optionalFile(env, 'TM_OPA_TOKEN_FILE');
  if (token === null || /^[\x21-\x7e]+$/.test(token)) return token;
  const name = text === undefined ? 'TM_OPA_TOKEN_FILE' : 'TM_OPA_TOKEN';
  throw invalid(name, 'is no bearer token: it has a line break, a space, or what is not ASCII');
}

/** What paths are appended to: an http or https URL, without a slash at its end. */
function httpUrl(env: Environment, name: string, fallback: string): string {
  const value = given(env, name) ?? fallback;
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw invalid(name, `is "${value}", not an http or https URL`);
  }
  return value.replace(/\/+$/, '');
}

function urlTemplate(env: Environment, name: string, place: string): string | null {
  const value = given(env, name);
  if (value === undefined) return null;
  if (/^https?:\/\/[^/]/.test(value) && value.includes(place)) return value;
  throw invalid(name, `is "${value}", not an http or https URL with ${place} in it`);
}

function tracesUrl(env: Environment): string | null {
  const name = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const endpoint = given(env, name);
  if (endpoint === undefined) return null;
  try {
    return tracesUrlOf(endpoint);
  } catch (cause) {
    throw invalid(name, cause instanceof Error ? cause.message : 'is not valid', cause);
  }
}

/** `name=https://host/path`, several by commas. */
function namedUrls(env: Environment, name: string): Map<string, string> {
  const urls = new Map<string, string>();
  for (const part of (given(env, name) ?? '').split(',')) {
    if (part.trim() === '') continue;
    const [, key, url] = /^([^=\s]+)=(https?:\/\/\S+)$/.exec(part.trim()) ?? [];
    if (key === undefined || url === undefined || !URL.canParse(url)) {
      throw invalid(name, `has "${part.trim()}", not name=https://host/path`);
    }
    if (urls.has(key)) throw invalid(name, `names ${key} twice`);
    urls.set(key, url.replace(/\/+$/, ''));
  }
  return urls;
}

/** A variable that is set to nothing is not set. */
function given(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
