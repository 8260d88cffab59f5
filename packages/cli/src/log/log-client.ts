/** The log over HTTP, as https://c2sp.org/tlog-tiles lays it out, and the public key rings. */
import { Envelope, TrustMonitorError, isTrustMonitorError, parserOf } from '@trustmonitor/protocol';
import type { Transport } from '../api/transport.ts';

const envelopeParser = parserOf(Envelope, 'message.malformed');

/** What is not there is null; other failures are thrown as the transport throws them. */
export class LogClient {
  readonly #send: Transport;

  constructor(send: Transport) {
    this.#send = send;
  }

  /** The newest cosigned checkpoint, as a signed note. Throws `not_found` before there is one. */
  async checkpoint(): Promise<string> {
    return textOf(await this.#get('/log/checkpoint'));
  }

  /** A tile's bytes; `path` as `tilePath` or `entriesPath` spell it. */
  tile(path: string): Promise<Uint8Array | null> {
    return ifThere(this.#get(`/log/${path}`));
  }

  /**
   * The logged document with this payload digest (hex). Throws `message.malformed`, and `gone` when
   * the server says that it was dropped.
   */
  async payload(digest: string): Promise<Envelope | null> {
    const bytes = await ifThere(this.#get(`/log/payload/${digest}`));
    return bytes && envelopeParser.parseJson(textOf(bytes), 'the logged document');
  }

  /** All versions of the key ring, oldest first. */
  async keyRings(): Promise<Envelope[]> {
    return parseKeyRings(textOf(await this.#get('/.well-known/trustmonitor/keyring.json')));
  }

  async #get(path: string): Promise<Uint8Array> {
    return (await this.#send({ method: 'GET', path })).bytes;
  }
}

/** Key rings as the API publishes them. Throws `message.malformed`. */
export function parseKeyRings(text: string): Envelope[] {
  const versions = parseJson(text);
  if (!Array.isArray(versions)) {
    throw new TrustMonitorError('message.malformed', 'the key rings are not a list');
  }
  return versions.map((each, at) => envelopeParser.parse(each, `key ring ${at + 1}`));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TrustMonitorError('message.malformed', 'the key rings are not JSON', { cause });
  }
}

async function ifThere(bytes: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await bytes;
  } catch (error) {
    if (isTrustMonitorError(error, 'not_found')) return null;
    throw error;
  }
}

/** Throws `message.malformed`. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TrustMonitorError('message.malformed', 'the answer is not UTF-8', { cause });
  }
}
