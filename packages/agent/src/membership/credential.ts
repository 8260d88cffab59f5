/**
 * What lets this agent into the broker, for a while at a time. It is renewed with the answers to
 * heartbeats; an agent that was away for longer than it lasts asks the coordinator's API.
 *
 *     none -- the broker has a list of its own: nothing is ever renewed
 *     good -- half its time has passed: a heartbeat brings the next --> good
 *       |
 *       +-- nearly over, and no heartbeat brought one: asked for over HTTP --> good
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readCredential, signWithNkey } from '@trustmonitor/bus';
import { encodeBase64, encodeUtf8 } from '@trustmonitor/evidence';
import {
  CredentialResource,
  TrustMonitorError,
  credentialRequestText,
  formatTimestamp,
  parserOf,
  type Beat,
} from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { unwritable } from '../data-directory.ts';
import type { AgentKeys } from '../identity.ts';
import { syncFolder, writeWhole } from '../spool/disk.ts';
import { post } from './api.ts';

/** With less left than this, and no heartbeat answered, the API is asked. */
const LAST_CALL_MS = 5 * 60_000;
const LOOK_EVERY_MS = 30_000;

const answerParser = parserOf(CredentialResource, 'message.malformed');
const fileIn = (dataDirectory: string): string => join(dataDirectory, 'keys', 'broker.jwt');

/** Durable when it resolves. Throws `data.unwritable`, or `key.invalid` for what is none. */
export async function writeCredential(dataDirectory: string, text: string): Promise<void> {
  readCredential(text);
  const file = fileIn(dataDirectory);
  try {
    await writeWhole(file, encodeUtf8(text));
    await syncFolder(dirname(file));
  } catch (cause) {
    throw unwritable(file, `${file} cannot be written`, cause);
  }
}

export interface CredentialOptions {
  readonly dataDirectory: string;
  readonly network: string;
  readonly agent: string;
  /** Where the coordinator's API is; null where the agent was not told. */
  readonly apiUrl: string | null;
  readonly keys: Pick<AgentKeys, 'identity' | 'nkeySeed'>;
  readonly log: Logger;
}

export class Credential {
  readonly #options: CredentialOptions;
  #text: string | null;
  #timer: NodeJS.Timeout | null = null;
  #onRenewed: () => void = () => undefined;

  private constructor(options: CredentialOptions, text: string | null) {
    this.#options = options;
    this.#text = text;
  }

  /** Reads what is kept, and has it renewed if it is nearly over; that may fail. */
  static async open(options: CredentialOptions): Promise<Credential> {
    const credential = new Credential(options, await read(fileIn(options.dataDirectory)));
    await credential.#renewWhenLate();
    return credential;
  }

  /** For the broker; null where it has a list of its own. */
  get text(): string | null {
    return this.#text;
  }

  /** What a heartbeat says of it. */
  get claims(): Beat['credential'] {
    if (this.#text === null) return undefined;
    const { nkey, expiresAtMs } = readCredential(this.#text);
    return expiresAtMs === null ? undefined : { nkey, expiresAt: formatTimestamp(expiresAtMs) };
  }

  /** Looks after it from now on. `onRenewed` is called when there is a newer one. */
  start(onRenewed: () => void): void {
    this.#onRenewed = onRenewed;
    this.#timer = setInterval(() => void this.#renewWhenLate(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Takes a newer one, as a heartbeat brings it. One that is not ours, or no newer, is nothing. */
  async take(text: string): Promise<void> {
    const { dataDirectory, keys, log } = this.#options;
    try {
      const { nkey, expiresAtMs } = readCredential(text);
      const isOurs = nkey === keys.identity.nkeyPublic;
      if (!isOurs || !(this.#expiryOf(expiresAtMs) > this.#expiryOf(this.#expiresAtMs))) return;
      await writeCredential(dataDirectory, text);
      this.#text = text;
      log.info({ expiresAt: this.claims?.expiresAt }, 'the broker’s credential is renewed');
      this.#onRenewed();
    } catch (error) {
      log.error({ err: error }, 'a credential cannot be taken');
    }
  }

  get #expiresAtMs(): number | null {
    return this.#text === null ? 0 : readCredential(this.#text).expiresAtMs;
  }

  #expiryOf(expiresAtMs: number | null): number {
    return expiresAtMs ?? Infinity;
  }

  async #renewWhenLate(): Promise<void> {
    const { apiUrl, network, agent, keys, log } = this.#options;
    if (this.#text === null || apiUrl === null) return;
    if (this.#expiryOf(this.#expiresAtMs) - Date.now() > LAST_CALL_MS) return;
    const at = formatTimestamp(Date.now());
    const signed = signWithNkey(
      keys.nkeySeed,
      encodeUtf8(credentialRequestText(network, agent, at)),
    );
    const request = { nkey: keys.identity.nkeyPublic, at, signature: encodeBase64(signed) };
    try {
      const url = new URL(`/v1/agents/${agent}/credential`, apiUrl);
      await this.take((await post(url, request, answerParser)).credential);
    } catch (error) {
      log.warn({ err: error }, 'the broker’s credential cannot be renewed yet');
    }
  }
}

async function read(file: string): Promise<string | null> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw unwritable(file, `${file} cannot be read`, error);
  }
  try {
    readCredential(text);
    return text;
  } catch (cause) {
    throw new TrustMonitorError('key.invalid', `${file} holds no credential for the broker`, {
      where: file,
      hint: 'Remove it where the broker has a list of users, or join again.',
      cause,
    });
  }
}
