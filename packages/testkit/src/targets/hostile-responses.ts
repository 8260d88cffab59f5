/** Answers that no honest server gives. Each must end as a typed failure, in bounded memory. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Behaviour } from './raw-target.ts';

export interface HostileResponse {
  readonly name: string;
  readonly behave: Behaviour;
  /** Failure classes that are an honest account of it; `up` where it does no harm. */
  readonly expected: readonly string[];
}

const MB = 1_048_576;
const OK = 'HTTP/1.1 200 OK\r\n';

/** About seventy of them. The limits they aim at: 1 MiB of content, 64 KiB and 512 lines of head. */
export function hostileResponses(): HostileResponse[] {
  return [...bombs(), ...endless(), ...heads(), ...framings(), ...garbage()];
}

function bombs(): HostileResponse[] {
  const zeros = Buffer.alloc(64 * MB);
  const packed = {
    gzip: gzipSync(zeros),
    deflate: deflateSync(zeros),
    br: brotliCompressSync(zeros),
  };
  const twice = gzipSync(packed.gzip);
  const tooLarge = ['body_too_large'];
  const broken = ['protocol_error'];
  return [
    fixed('gzip bomb', withBody('content-encoding: gzip', packed.gzip), tooLarge),
    fixed('deflate bomb', withBody('content-encoding: deflate', packed.deflate), tooLarge),
    fixed('brotli bomb', withBody('content-encoding: br', packed.br), tooLarge),
    fixed('gzip in gzip', withBody('content-encoding: gzip, gzip', twice), tooLarge),
    fixed(
      'gzip in gzip, in two headers',
      withBody('content-encoding: gzip\r\ncontent-encoding: gzip', twice),
      tooLarge,
    ),
    fixed('three codings', withBody('content-encoding: gzip, gzip, gzip', gzipSync(twice)), broken),
    fixed(
      'fifty codings',
      withBody(`content-encoding: ${Array(50).fill('gzip').join(', ')}`, twice),
      broken,
    ),
    fixed(
      'gzip that is not gzip',
      withBody('content-encoding: gzip', Buffer.from('plain')),
      broken,
    ),
    fixed(
      'truncated gzip',
      withBody('content-encoding: gzip', packed.gzip.subarray(0, 40)),
      broken,
    ),
    fixed(
      'gzip with a wrong checksum',
      withBody('content-encoding: gzip', corrupted(gzipSync('data'))),
      broken,
    ),
    fixed('empty body that says gzip', withBody('content-encoding: gzip', Buffer.alloc(0)), ['up']),
    fixed('unknown coding', withBody('content-encoding: rot13', Buffer.from('uryyb')), ['up']),
    fixed(
      'coding named like a method of Object',
      withBody('content-encoding: constructor', Buffer.from('x')),
      ['up'],
    ),
    fixed('content of 2 MiB', withBody('', Buffer.alloc(2 * MB)), tooLarge),
    fixed('chunk of 2 MiB', chunked(Buffer.alloc(2 * MB)), tooLarge),
  ];
}

function endless(): HostileResponse[] {
  return [
    repeat('endless content', `${OK}\r\n`, Buffer.alloc(65_536, 'x'), ['body_too_large']),
    repeat('endless chunks', `${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n', [
      'body_too_large',
      'read_timeout',
    ]),
    repeat(
      'endless large chunks',
      `${OK}transfer-encoding: chunked\r\n\r\n`,
      `8000\r\n${'x'.repeat(32_768)}\r\n`,
      ['body_too_large'],
    ),
    repeat('endless head', OK, `x-filler: ${'y'.repeat(1_000)}\r\n`, ['protocol_error']),
    repeat('endless header lines', OK, 'a: b\r\n', ['protocol_error']),
    repeat('endless header value', `${OK}x: `, 'y'.repeat(8_192), ['protocol_error']),
    repeat('endless status line', 'HTTP/1.1 200 ', 'O'.repeat(8_192), ['protocol_error']),
    repeat('endless 100-continue', '', 'HTTP/1.1 100 Continue\r\n\r\n', ['protocol_error']),
    repeat('endless 102', '', 'HTTP/1.1 102 Processing\r\nx: y\r\n\r\n', ['protocol_error']),
    repeat(
      'endless 103 with links',
      '',
      `HTTP/1.1 103 Early Hints\r\nlink: ${'<x>'.repeat(500)}\r\n\r\n`,
      ['protocol_error'],
    ),
    repeat('endless trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`, 'x: y\r\n', [
      'protocol_error',
    ]),
    repeat(
      'endless trailer value',
      `${OK}transfer-encoding: chunked\r\n\r\n0\r\nx: `,
      'y'.repeat(4_096),
      ['protocol_error'],
    ),
    repeat(
      'endless chunk extension',
      `${OK}transfer-encoding: chunked\r\n\r\n5;x=`,
      'y'.repeat(4_096),
      ['protocol_error'],
    ),
    repeat('endless chunk size', `${OK}transfer-encoding: chunked\r\n\r\n`, '0'.repeat(4_096), [
      'protocol_error',
    ]),
    repeat('endless garbage', '', Buffer.alloc(65_536, 0xff), ['protocol_error']),
    repeat('endless empty lines', '', '\r\n', ['protocol_error']),
    repeat('endless gzip', `${OK}content-encoding: gzip\r\n\r\n`, gzipSync(Buffer.alloc(65_536)), [
      'body_too_large',
    ]),
    drip('slow-loris in the status line', 'HTTP/1.1 200 OK', ['read_timeout']),
    drip('slow-loris in the head', `${OK}x-slow: ${'y'.repeat(10_000)}`, ['read_timeout']),
    drip('slow-loris in the content', `${OK}content-length: 100000\r\n\r\n${'x'.repeat(10_000)}`, [
      'read_timeout',
    ]),
    drip(
      'slow-loris in a chunk size',
      `${OK}transfer-encoding: chunked\r\n\r\n${'0'.repeat(200)}`,
      ['read_timeout'],
    ),
    silent('silence', '', ['read_timeout']),
    silent('silence after the status line', OK, ['read_timeout']),
    silent('silence after the head', `${OK}content-length: 5\r\n\r\n`, ['read_timeout']),
    silent('silence in the content', `${OK}content-length: 5\r\n\r\nabc`, ['read_timeout']),
    silent('silence before the last chunk', `${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`, [
      'read_timeout',
    ]),
    silent('silence in the trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`, [
      'read_timeout',
    ]),
  ];
}

function heads(): HostileResponse[] {
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, i) => `x-${i}: y\r\n`).join('');
  return [
    fixed('1000 header lines', `${OK}${lines(1_000)}content-length: 0\r\n\r\n`, ['protocol_error']),
    fixed('a header of 100 kB', `${OK}x: ${'y'.repeat(100_000)}\r\n\r\n`, ['protocol_error']),
    fixed('huge cookies', `${OK}${`set-cookie: a=${'b'.repeat(8_000)}\r\n`.repeat(20)}\r\n`, [
      'protocol_error',
    ]),
    fixed('a header name of 60 kB', `${OK}${'x'.repeat(60_000)}: y\r\ncontent-length: 0\r\n\r\n`, [
      'up',
      'protocol_error',
    ]),
    fixed('a header without a colon', `${OK}no colon here\r\n\r\n`, ['protocol_error']),
    fixed('a space before the colon', `${OK}content-length : 0\r\n\r\n`, ['protocol_error']),
    fixed('a folded header', `${OK}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`, ['protocol_error']),
    fixed('a NUL in a header', `${OK}x: a\0b\r\n\r\n`, ['protocol_error']),
    fixed('a CR in a header', `${OK}x: a\rb\r\n\r\n`, ['protocol_error']),
    fixed('an empty header name', `${OK}: value\r\n\r\n`, ['protocol_error']),
    fixed('__proto__ as a header', `${OK}__proto__: x\r\ncontent-length: 0\r\n\r\n`, ['up']),
    fixed(
      'a charset that does not exist',
      `${OK}content-type: text/plain; charset=klingon\r\ncontent-length: 2\r\n\r\nok`,
      ['up'],
    ),
    fixed('invalid UTF-8', withBody('content-type: text/plain', Buffer.from([0xff, 0xfe, 0x80])), [
      'up',
    ]),
  ];
}

function framings(): HostileResponse[] {
  const chunks = (body: string): string => `${OK}transfer-encoding: chunked\r\n\r\n${body}`;
  return [
    fixed('both lengths', `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, [
      'protocol_error',
    ]),
    fixed('two content lengths', `${OK}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`, [
      'protocol_error',
    ]),
    fixed('a negative length', `${OK}content-length: -1\r\n\r\n`, ['protocol_error']),
    fixed('a length in hexadecimal', `${OK}content-length: 0x5\r\n\r\nhello`, ['protocol_error']),
    fixed('a length beyond 2^53', `${OK}content-length: 99999999999999999999\r\n\r\n`, [
      'protocol_error',
    ]),
    fixed('a length with a plus', `${OK}content-length: +5\r\n\r\nhello`, ['protocol_error']),
    fixed('an unknown transfer coding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, [
      'protocol_error',
    ]),
    fixed('a chunk size that is no number', chunks('zz\r\nhello\r\n'), ['protocol_error']),
    fixed('a negative chunk size', chunks('-1\r\n'), ['protocol_error']),
    fixed('a chunk size beyond 2^32', chunks('ffffffffffffffff\r\n'), ['protocol_error']),
    fixed('a chunk longer than it says', chunks('1\r\nhello\r\n0\r\n\r\n'), ['protocol_error']),
    fixed('less than it promises', `${OK}content-length: 50\r\n\r\nhello`, ['read_reset']),
    fixed('an end in the middle of a chunk', chunks('ff\r\nhello'), ['read_reset']),
    fixed('an end without the last chunk', chunks('5\r\nhello\r\n'), ['read_reset']),
    fixed('an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', [
      'protocol_error',
    ]),
    fixed('status 099', 'HTTP/1.1 099 Low\r\n\r\n', ['protocol_error']),
    fixed('status 999', 'HTTP/1.1 999 High\r\ncontent-length: 0\r\n\r\n', ['status_unexpected']),
    fixed('content after the end', `${OK}content-length: 2\r\n\r\nok${'x'.repeat(10_000)}`, ['up']),
  ];
}

function garbage(): HostileResponse[] {
  return [
    fixed('nothing at all', '', ['read_reset']),
    fixed('half a status line', 'HTTP/1.', ['read_reset']),
    fixed('HTTP/0.9', '<html>hello</html>', ['protocol_error']),
    fixed('HTTP/2.0 in the status line', 'HTTP/2.0 200 OK\r\n\r\n', ['protocol_error']),
    fixed('an HTTP/2 preface', '\0\0\x12\x04\0\0\0\0\0', ['protocol_error']),
    fixed('a TLS alert', Buffer.from([0x15, 3, 1, 0, 2, 2, 40]), ['protocol_error']),
    fixed('an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n', ['protocol_error']),
    fixed('an SMTP greeting', '220 mail.example ESMTP\r\n', ['protocol_error']),
    fixed('a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n', ['protocol_error']),
    fixed('lines that end in LF', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n', [
      'protocol_error',
      'read_reset',
    ]),
    {
      name: 'a reset instead of an answer',
      behave: (socket) => socket.once('data', () => socket.resetAndDestroy()),
      expected: ['read_reset'],
    },
    {
      name: 'a reset at once',
      behave: (socket) => socket.resetAndDestroy(),
      expected: ['read_reset', 'connect_reset'],
    },
  ];
}

function fixed(
  name: string,
  answer: string | Buffer,
  expected: readonly string[],
): HostileResponse {
  const bytes = typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer;
  return { name, expected, behave: (socket) => socket.once('data', () => socket.end(bytes)) };
}

/** Sends `unit` as fast as the other side takes it, for as long as it does. */
function repeat(
  name: string,
  start: string,
  unit: string | Buffer,
  expected: readonly string[],
): HostileResponse {
  const block = Buffer.concat(
    Array<Buffer>(Math.ceil(16_384 / unit.length)).fill(Buffer.from(unit)),
  );
  const behave: Behaviour = (socket) => {
    const pump = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', pump);
    socket.once('data', () => {
      socket.write(start);
      pump();
    });
  };
  return { name, expected, behave };
}

/** One byte at a time, without an end. */
function drip(name: string, text: string, expected: readonly string[]): HostileResponse {
  const behave: Behaviour = (socket) => {
    let sent = 0;
    socket.once('data', () => {
      const timer = setInterval(() => {
        if (sent < text.length) socket.write(text.charAt(sent));
        sent += 1;
      }, 5);
      socket.once('close', () => clearInterval(timer));
    });
  };
  return { name, expected, behave };
}

/** Sends this much, and then keeps the connection open. */
function silent(name: string, text: string, expected: readonly string[]): HostileResponse {
  return { name, expected, behave: (socket) => socket.once('data', () => socket.write(text)) };
}

function withBody(headers: string, body: Buffer): Buffer {
  const lines = headers === '' ? '' : `${headers}\r\n`;
  return Buffer.concat([Buffer.from(`${OK}${lines}content-length: ${body.length}\r\n\r\n`), body]);
}

function chunked(body: Buffer): Buffer {
  const head = `${OK}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`;
  return Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n0\r\n\r\n')]);
}

function corrupted(data: Buffer): Buffer {
  const copy = Buffer.from(data);
  copy[copy.length - 6] = (copy[copy.length - 6] ?? 0) ^ 0xff;
  return copy;
}
