/** Our HTTP/1.1 reader and undici's, over the same answers: the same status, headers and content. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { replyOnce, startRawTarget } from '@trustmonitor/testkit/targets';
import { afterAll, describe, expect, it } from 'vitest';
import { Agent, request } from 'undici';
import { probeAt, using } from './support/probing.ts';

const OK = 'HTTP/1.1 200 OK\r\n';

const ANSWERS: Readonly<Record<string, string | Buffer>> = {
  'a length': `${OK}content-length: 5\r\n\r\nhello`,
  'a length of 0': `${OK}content-length: 0\r\n\r\n`,
  'no length': `${OK}\r\nto the end`,
  'no length and nothing': `${OK}\r\n`,
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\n\r\nold',
  chunks: `${OK}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`,
  'chunks with extensions and trailers': `${OK}transfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n`,
  'chunk sizes in capitals': `${OK}transfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n`,
  'Chunked in capitals': `${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'no reason': 'HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n',
  'a long reason': 'HTTP/1.1 404 There Is No Such Thing Here\r\ncontent-length: 0\r\n\r\n',
  'spaces around values': `${OK}content-length:  2  \r\nx-a:\t b \t\r\n\r\nok`,
  'an empty value': `${OK}x-empty:\r\ncontent-length: 0\r\n\r\n`,
  'repeated headers': `${OK}x-a: 1\r\nx-a: 2\r\ncontent-length: 0\r\n\r\n`,
  'status 204': 'HTTP/1.1 204 No Content\r\n\r\n',
  'status 304': 'HTTP/1.1 304 Not Modified\r\n\r\n',
  'status 500': 'HTTP/1.1 500 Oops\r\ncontent-length: 3\r\n\r\nerr',
  'early hints first': `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 2\r\n\r\nok`,
  'high bytes in a value': Buffer.from(
    `${OK}x-latin: caf\xe9\r\ncontent-length: 0\r\n\r\n`,
    'latin1',
  ),
  'gzip left as it is': Buffer.concat([
    Buffer.from(`${OK}content-length: ${gzipSync('x').length}\r\n\r\n`),
    gzipSync('x'),
  ]),
  // Refused by both:
  'both framings': `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'two lengths': `${OK}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!`,
  'a length that is no number': `${OK}content-length: five\r\n\r\nhello`,
  'a bad chunk size': `${OK}transfer-encoding: chunked\r\n\r\nxyz\r\n\r\n`,
  'a chunk that is too long': `${OK}transfer-encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n`,
  'an early end': `${OK}content-length: 50\r\n\r\nhello`,
  'an early end of chunks': `${OK}transfer-encoding: chunked\r\n\r\n5\r\nhel`,
  'a header without a colon': `${OK}nonsense\r\n\r\n`,
  'a space in a header name': `${OK}x y: z\r\n\r\n`,
  'a NUL in a value': `${OK}x: a\0b\r\n\r\n`,
  'no HTTP at all': 'hello\r\n\r\n',
  'an unknown version': 'HTTP/3.7 200 OK\r\n\r\n',
  nothing: '',
};

interface Seen {
  readonly status: number;
  readonly bytes: number;
  readonly sha256: string;
}

describe('the two HTTP clients agree about', () => {
  const agent = new Agent({ pipelining: 0 });
  afterAll(() => agent.close());

  it.each(Object.keys(ANSWERS))('%s', async (name) => {
    const target = await using(startRawTarget(replyOnce(ANSWERS[name]!)));
    const url = `http://127.0.0.1:${target.port}/`;
    const theirs = await byUndici(url);
    expect(await byUs(url)).toEqual(theirs);
  });

  async function byUndici(url: string): Promise<Seen | null> {
    try {
      const response = await request(url, { dispatcher: agent });
      const body = Buffer.from(await response.body.arrayBuffer());
      return {
        status: response.statusCode,
        bytes: body.length,
        sha256: createHash('sha256').update(body).digest('hex'),
      };
    } catch {
      return null;
    }
  }
});

async function byUs(url: string): Promise<Seen | null> {
  const { response, failure } = await probeAt({ url, assertions: ['status < 1000'] });
  if (failure !== null || response === null) return null;
  return {
    status: response.status ?? 0,
    bytes: response.bodyBytes ?? 0,
    sha256: response.bodySha256 ?? '',
  };
}
