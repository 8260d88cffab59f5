/** The agent's settings: the only file of this process that reads the environment. */
import { resolve } from 'node:path';
import { parseVkey } from '@trustmonitor/evidence';
import { createGuard } from '@trustmonitor/probes';
import { tracesUrlOf } from '@trustmonitor/tracing';
import { readJoined, settingsOf } from './membership/joined.ts';
import { Slug, TrustMonitorError, parserOf, type FieldError } from '@trustmonitor/protocol';

/** A place whose answer shows that this agent's own network works. */
export type CanaryTarget =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'http'; readonly url: string };

interface Setting<T> {
  readonly name: string;
  /** One sentence for `--help` and the documentation. */
  readonly what: string;
  /** Text of the default; null when the setting must be given. */
  readonly fallback: string | null;
  /** Throws an `Error` whose message says what is wrong with the text. */
  readonly parse: (text: string) => T;
}

/** Every setting, once: its variable, its documentation, its default and its check. */
export const AGENT_SETTINGS = {
  natsUrl: {
    name: 'TM_NATS_URL',
    what: 'Where the broker is: nats://host:port or tls://host:port, several separated by commas.',
    fallback: null,
    parse: natsUrl,
  },
  network: {
    name: 'TM_NETWORK',
    what: 'Name of the monitoring network; jobs of another one are refused.',
    fallback: null,
    parse: slug,
  },
  region: {
    name: 'TM_REGION',
    what: 'Region this agent probes from, as the coordinator knows it.',
    fallback: null,
    parse: slug,
  },
  agent: {
    name: 'TM_AGENT',
    what: 'Name of this agent, unique in the network.',
    fallback: null,
    parse: slug,
  },
  dataDirectory: {
    name: 'TM_DATA_DIR',
    what: 'Folder for the agent’s own keys and its spool; made with mode 0700.',
    fallback: null,
    parse: (text) => resolve(text),
  },
  allowTargets: {
    name: 'TM_ALLOW_TARGETS',
    what: 'Private targets this agent may probe: CIDRs, addresses, names or *.name, by commas.',
    fallback: '',
    parse: allowList,
  },
  apiUrl: {
    name: 'TM_API_URL',
    what: 'Where the coordinator’s API is: asked for a credential when no heartbeat brings one.',
    fallback: '',
    parse: apiUrl,
  },
  logKey: {
    name: 'TM_LOG_VKEY',
    what:
      'Verifier key of the network’s log (name+id+key, as the key ring’s policy has it): the agent ' +
      'witnesses that log. Without it, it does not.',
    fallback: '',
    parse: (text) => (text === '' ? null : parseVkey(text)),
  },
  witnessAddress: {
    name: 'TM_WITNESS_HTTP_ADDR',
    what:
      'host:port where the agent also answers as a witness over HTTP (c2sp.org/tlog-witness); needs ' +
      'TM_LOG_VKEY. Without it, it is asked over the broker only.',
    fallback: '',
    parse: (text) => (text === '' ? null : address(text)),
  },
  metricsAddress: {
    name: 'TM_METRICS_ADDR',
    what:
      'host:port where the agent shows its metrics to Prometheus, without a token: choose one that ' +
      'only Prometheus reaches. Without it, nowhere.',
    fallback: '',
    parse: (text) => (text === '' ? null : address(text)),
  },
  tracesUrl: {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    what: 'Where traces are exported to, over OTLP/HTTP: http://collector:4318. Without it, nowhere.',
    fallback: '',
    parse: (text) => (text === '' ? null : tracesUrlOf(text)),
  },
  canaries: {
    name: 'TM_CANARIES',
    what:
      'What must answer before a failure is believed to be the target’s: tcp://host:port or ' +
      'http(s)://..., separated by commas; more than half of them must. Default: the broker.',
    fallback: '',
    parse: canaries,
  },
  concurrency: {
    name: 'TM_CONCURRENCY',
    what: 'Probes at one time; as many jobs again may wait.',
    fallback: '512',
    parse: integer(1, 10_000),
  },
  spoolMaxBytes: {
    name: 'TM_SPOOL_MAX_BYTES',
    what: 'Largest size of the results kept on disk until the coordinator has stored them.',
    fallback: String(256 * 1024 * 1024),
    parse: integer(1024 * 1024, Number.MAX_SAFE_INTEGER),
  },
  loopDelayLimitMs: {
    name: 'TM_LOOP_DELAY_LIMIT_MS',
    what: 'Above this event-loop delay the agent abstains: its own slowness is not the target’s.',
    fallback: '250',
    parse: integer(20, 60_000),
  },
  logLevel: {
    name: 'TM_LOG_LEVEL',
    what: 'fatal, error, warn, info, debug, trace or silent.',
    fallback: 'info',
    parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  },
} as const satisfies Record<string, Setting<unknown>>;

type Settings = typeof AGENT_SETTINGS;

/** The settings in force, all checked. No secret is among them: an agent makes its own keys. */
export type AgentConfig = { readonly [K in keyof Settings]: ReturnType<Settings[K]['parse']> };

export type Environment = Readonly<Record<string, string | undefined>>;

/** As `readConfig`, with what an agent that joined a network was told there. */
export async function readSettings(env: Environment): Promise<AgentConfig> {
  const { dataDirectory } = AGENT_SETTINGS;
  const given = Object.entries(env).filter(([, value]) => value?.trim() !== '');
  const folder = env[dataDirectory.name]?.trim() ?? '';
  const joined = folder === '' ? null : await readJoined(dataDirectory.parse(folder));
  return readConfig({ ...settingsOf(joined), ...Object.fromEntries(given) });
}

/** Reads and checks all settings; throws one `config.invalid` that names every bad variable. */
export function readConfig(env: Environment): AgentConfig {
  const faults: FieldError[] = [];
  const entries = Object.entries<Setting<unknown>>(AGENT_SETTINGS).map(([key, setting]) => {
    try {
      return [key, read(env, setting)];
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      faults.push({ pointer: setting.name, detail });
      return [key, undefined];
    }
  });
  if (faults.length > 0) throw invalid(faults);
  return Object.fromEntries(entries) as AgentConfig;
}

/** An empty variable counts as one that is not set, as shells and compose files produce them. */
function read<T>(env: Environment, setting: Setting<T>): T {
  const given = env[setting.name]?.trim() ?? '';
  const text = given === '' ? setting.fallback : given;
  if (text === null) throw new Error('is not set');
  return setting.parse(text);
}

function invalid(faults: readonly FieldError[]): TrustMonitorError {
  const message = faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
  return new TrustMonitorError('config.invalid', message, {
    where: faults[0]?.pointer,
    fields: faults,
    hint: `${faults[0]?.pointer ?? ''}: ${describe(faults[0]?.pointer)}`,
  });
}

function describe(name: string | undefined): string {
  const settings: readonly Setting<unknown>[] = Object.values(AGENT_SETTINGS);
  return settings.find((setting) => setting.name === name)?.what ?? '';
}

const slugParser = parserOf(Slug);

function slug(text: string): string {
  const fits: boolean = slugParser.check(text);
  if (fits) return text;
  throw new Error(`is "${text}", not a name of 1 to 63 lower-case letters, digits and dashes`);
}

function natsUrl(text: string): string {
  for (const part of text.split(',')) {
    const url = urlOf(part.trim());
    if (url === null || !/^(nats|tls):$/.test(url.protocol) || url.hostname === '') {
      throw new Error(`has "${part.trim()}", not nats://host:port`);
    }
    // A password in a URL would end up in logs; agents are known by their key.
    if (url.username !== '' || url.password !== '') {
      throw new Error('holds a user or password; agents are known to the broker by their NKey');
    }
  }
  return text;
}

/** An IPv6 host stands in brackets; port 0 is any free port. */
function address(text: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) throw new Error(`is "${text}", not host:port`);
  return { host: bare(match[1]), port };
}

function apiUrl(text: string): string | null {
  if (text === '') return null;
  if (/^https?:$/.test(urlOf(text)?.protocol ?? '')) return text;
  throw new Error(`is "${text}", not an http or https URL`);
}

function allowList(text: string): readonly string[] {
  const allow = listOf(text);
  try {
    createGuard({ allow });
    return allow;
  } catch (error) {
    throw new Error(`is not usable: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
}

function canaries(text: string): readonly CanaryTarget[] {
  return listOf(text).map((item) => {
    const url = urlOf(item);
    if (url?.protocol === 'http:' || url?.protocol === 'https:') return { kind: 'http', url: item };
    if (url?.protocol === 'tcp:' && url.hostname !== '' && url.port !== '') {
      return { kind: 'tcp', host: bare(url.hostname), port: Number(url.port) };
    }
    throw new Error(`has "${item}", neither tcp://host:port nor http(s)://...`);
  });
}

function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** `[::1]` as a socket wants it: `::1`. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function integer(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new Error(`is "${text}", not a whole number from ${minimum} to ${maximum}`);
  };
}

function oneOf<const T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value !== undefined) return value;
    throw new Error(`is "${text}", not one of ${values.join(', ')}`);
  };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
