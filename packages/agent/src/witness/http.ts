/**
 * The witness over HTTP, as https://c2sp.org/tlog-witness has it: `POST /add-checkpoint`. It is the
 * same witness with the same memory as on the bus, so it never cosigns two histories.
 *
 * Anybody may ask, and nothing but a checkpoint that the log signed comes further than its
 * signature: bodies, waiting requests and their time are bounded before that.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { decodeUtf8, encodeBase64, parseAddCheckpoint } from '@trustmonitor/evidence';
import { isTrustMonitorError, type WitnessReply } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { closeServer, listenAt, type HttpAddress } from '../listen.ts';
import { limitLog } from '../log-limit.ts';
import type { Witness } from './witness.ts';

export interface WitnessServer {
  readonly url: string;
  close(): Promise<void>;
}

const PATH = '/add-checkpoint';
/** A proof has at most 63 hashes, and a checkpoint with a hundred cosignatures is 15 kB. */
const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 64;
/** Judged one at a time, each written to disk: beyond this an asker had better come back. */
const MAX_WAITING = 16;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/** Throws `port.taken`, or `config.invalid` for an address that is not ours. */
export async function serveWitness(
  witness: Pick<Witness, 'decide'>,
  address: HttpAddress,
  log: Logger,
): Promise<WitnessServer> {
  const limited = limitLog(log);
  let waiting = 0;
  async function answer(request: IncomingMessage): Promise<Answer> {
    if (request.url !== PATH) return { status: 404, body: `the only path here is ${PATH}\n` };
    if (request.method !== 'POST') return { status: 405, body: 'POST a checkpoint\n' };
    const body = await readBody(request);
    if (body === null) return { status: 413, body: `at most ${MAX_BODY_BYTES} bytes\n` };
    if (waiting >= MAX_WAITING) return { status: 503, body: 'too many ask at once\n' };
    waiting += 1;
    try {
      return await addCheckpoint(witness, body);
    } finally {
      waiting -= 1;
    }
  }
  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown): Answer => {
        limited('witness-http', { err: error }, 'a request to the witness failed');
        return { status: 500, body: 'the witness failed\n' };
      })
      .then((given) => send(response, given))
      .catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  const url = await listenAt(server, address, 'TM_WITNESS_HTTP_ADDR');
  log.info({ url }, 'the witness answers over HTTP');
  return { url, close: () => closeServer(server) };
}

async function addCheckpoint(witness: Pick<Witness, 'decide'>, body: Buffer): Promise<Answer> {
  let asked: ReturnType<typeof parseAddCheckpoint>;
  try {
    asked = parseAddCheckpoint(decodeUtf8(body, 'the request'));
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    return { status: 400, body: `${error.message}\n` };
  }
  const { oldSize, proof, note } = asked;
  const consistency = proof.map((hash) => encodeBase64(hash));
  return inHttp(await witness.decide({ v: 1, note, oldSize, consistency, batches: [] }));
}

function inHttp({ status, line, size, reason }: WitnessReply): Answer {
  if (status === 200 && line !== null) return { status, body: `${line}\n` };
  if (status === 409) return { status, body: `${size}\n`, type: 'text/x.tlog.size' };
  return { status, body: `${reason}\n` };
}

/** Null for a body that is too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  { status, body, type = 'text/plain; charset=utf-8' }: Answer,
) {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'POST' } : {}),
    // What is left of a body that is too long is not waited for.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(body);
}
