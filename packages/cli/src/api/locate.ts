/** Finds the API and the token: what was said, or else what the local stack has written. */
import { readFile } from 'node:fs/promises';
import { TrustMonitorError } from '@trustmonitor/protocol';
import type { Settings } from '../settings.ts';
import { pathsOf } from '../stack/paths.ts';
import { readStackFile, type StackDescription } from '../stack/stack-file.ts';
import { answeringUrl } from './answering.ts';

/** Flags that say where the API is; each wins over its variable. */
export interface ApiOptions {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly data?: string | undefined;
}

export interface ApiLocation {
  readonly url: URL;
  /** Null where none is needed: health is nobody's secret. */
  readonly token: string | null;
}

/**
 * Throws `stack.not_running`, `config.invalid` or `auth.missing`.
 *
 * The local admin token goes to the local stack only, never to an address that was given.
 */
export async function locateApi(options: ApiOptions, settings: Settings): Promise<ApiLocation> {
  const paths = pathsOf(options.data ?? settings.dataDirectory);
  const given = options.url ?? settings.apiUrl;
  const stack = await readStackFile(paths);
  if (given === null && stack === null) {
    throw new TrustMonitorError('stack.not_running', `no stack runs in ${paths.root}`, {
      where: paths.stackFile,
      hint:
        `start one with \`${settings.commandName} up\`, name its folder with --data, ` +
        'or name an API with --url',
    });
  }
  const url = parseUrl(given ?? (stack === null ? '' : await answeringUrl(stack)));
  const isLocal = stack !== null && isOneOf(stack, url);
  const token = await findToken(options, settings, isLocal ? paths.adminTokenFile : null);
  return { url, token };
}

function isOneOf({ coordinators }: StackDescription, { origin }: URL): boolean {
  return coordinators.some(({ url }) => new URL(url).origin === origin);
}

/**
 * As `locateApi`, for what needs no token; null when nothing is named and no stack runs here.
 * Throws `config.invalid`.
 */
export async function locatePublicApi(
  options: ApiOptions,
  settings: Settings,
): Promise<ApiLocation | null> {
  const given = options.url ?? settings.apiUrl;
  const stack = await readStackFile(pathsOf(options.data ?? settings.dataDirectory));
  const text = given ?? (stack === null ? null : await answeringUrl(stack));
  return text === null ? null : { url: parseUrl(text), token: null };
}

async function findToken(
  options: ApiOptions,
  settings: Settings,
  localFile: string | null,
): Promise<string> {
  if (options.tokenFile !== undefined) return readToken(options.tokenFile);
  if (settings.apiToken !== null) return settings.apiToken;
  const file = settings.tokenFile ?? localFile;
  if (file !== null) return readToken(file);
  throw new TrustMonitorError('auth.missing', 'this API needs a token, and none was given', {
    hint: 'name a file that holds one with --token-file, or set TM_TOKEN',
  });
}

/** Throws `auth.missing`. */
export async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TrustMonitorError('auth.missing', `the token file ${file} cannot be read`, {
      where: file,
      hint: 'check the path and who may read it; the local stack writes one when it starts',
      cause,
    });
  });
  const token = text.trim();
  if (/^[\x21-\x7E]+$/.test(token)) return token;
  throw new TrustMonitorError('auth.missing', `${file} does not hold a token`, { where: file });
}

function parseUrl(text: string): URL {
  if (URL.canParse(text) && /^https?:/i.test(text)) return new URL(text);
  throw new TrustMonitorError('config.invalid', `"${text}" is not an http or https URL`, {
    where: '--url (TM_URL)',
    hint: 'write it in full, such as http://127.0.0.1:7070',
  });
}
