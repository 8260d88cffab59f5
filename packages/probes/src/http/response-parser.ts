/**
 * HTTP/1.1 responses (RFC 9112), read strictly: what is ambiguous is refused.
 *
 * It reads one response from a connection that carries no other, which is why it can be this
 * small; the fastest general client costs twice as much CPU per probe (docs/benchmarks). A table
 * test holds its results against undici's.
 */
import { ProbeFailure } from '../failure.ts';
import {
  addHeader,
  MAX_HEAD_BYTES,
  MAX_HEADER_LINES,
  MAX_INTERIM_RESPONSES,
  type ResponseHead,
} from './exchange.ts';

const MAX_CHUNK_LINE_BYTES = 256;
const CRLF_CRLF = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// eslint-disable-next-line no-control-regex -- these are what a value may not have
const NOT_FIELD_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;

export interface ParserEvents {
  /** Returns false when the content is of no interest: the response then counts as complete. */
  onHead(head: ResponseHead): boolean;
  onContent(chunk: Buffer): void;
}

type State =
  'head' | 'fixed' | 'chunk-line' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close' | 'done';

export class ResponseParser {
  private readonly isHead: boolean;
  private readonly events: ParserEvents;
  private state: State = 'head';
  /** Bytes of the head, chunk line or trailers that have come so far. */
  private pending: Buffer[] = [];
  private headBytes = 0;
  private headerLines = 0;
  private interim = 0;
  /** Content bytes still to come, of the whole or of this chunk. */
  private left = 0;

  constructor(method: string, events: ParserEvents) {
    this.isHead = method === 'HEAD';
    this.events = events;
  }

  /** Takes bytes in; true once the response is complete. Throws `protocol_error`. */
  feed(data: Buffer): boolean {
    let rest = data;
    while (rest.length > 0 && this.state !== 'done') rest = this.advance(rest);
    return this.state === 'done';
  }

  /** The peer closed: true when that is how this response ends. */
  end(): boolean {
    return this.state === 'until-close' || this.state === 'done';
  }

  /** Takes what belongs to the present state, and returns the rest. */
  private advance(data: Buffer): Buffer {
    switch (this.state) {
      case 'head':
        return this.takeHead(data);
      case 'fixed':
      case 'chunk':
        return this.takeContent(data);
      case 'until-close':
        this.events.onContent(data);
        return EMPTY;
      case 'chunk-line':
        return this.takeLine(data, (line) => this.startChunk(line));
      case 'chunk-end':
        return this.takeLine(data, (line) => {
          if (line !== '') throw malformed('a chunk is longer than its size says');
          this.state = 'chunk-line';
        });
      case 'trailers':
        return this.takeLine(data, (line) => this.endTrailers(line));
      case 'done':
        return EMPTY;
    }
  }

  private takeHead(data: Buffer): Buffer {
    const found = this.findInPending(data, CRLF_CRLF);
    this.countHead(found === null ? data.length : found);
    if (found === null) {
      // What cannot become a status line is refused before its end, which may never come.
      if (this.pending.length === 0 && !couldBeStatusLine(data)) throw notHttp(data);
      this.pending.push(data);
      return EMPTY;
    }
    const text = this.takePending(data.subarray(0, found)).toString('latin1');
    this.startResponse(text.slice(0, -CRLF_CRLF.length));
    return data.subarray(found);
  }

  private startResponse(text: string): void {
    const lines = text.split('\r\n');
    const match = STATUS_LINE.exec(lines[0] ?? '');
    if (match === null) throw notHttp(Buffer.from(text, 'latin1'));
    const status = Number(match[2]);
    const headers = this.parseFields(lines, 1);
    if (status < 200 && status !== 101) {
      this.interim += 1;
      if (status < 100) throw malformed(`status ${status}`);
      if (this.interim > MAX_INTERIM_RESPONSES) throw malformed('too many interim responses');
      return;
    }
    if (status === 101) throw malformed('switches to a protocol that nobody asked for');
    const wanted = this.events.onHead({ version: `1.${match[1] as '0' | '1'}`, status, headers });
    this.state = this.isHead || !wanted ? 'done' : this.framingOf(status, headers);
  }

  /** RFC 9112 section 6.3. */
  private framingOf(status: number, headers: ReadonlyMap<string, string>): State {
    if (status === 204 || status === 304) return 'done';
    const coding = headers.get('transfer-encoding');
    const length = headers.get('content-length');
    if (coding !== undefined) {
      if (length !== undefined) throw malformed('both content-length and transfer-encoding');
      if (coding.trim().toLowerCase() !== 'chunked') throw malformed(`transfer-encoding ${coding}`);
      return 'chunk-line';
    }
    if (length === undefined) return 'until-close';
    if (!/^\d{1,15}$/.test(length)) throw malformed(`content-length ${length}`);
    this.left = Number(length);
    return this.left === 0 ? 'done' : 'fixed';
  }

  private takeContent(data: Buffer): Buffer {
    const content = data.subarray(0, this.left);
    this.left -= content.length;
    this.events.onContent(content);
    if (this.left === 0) this.state = this.state === 'chunk' ? 'chunk-end' : 'done';
    return data.subarray(content.length);
  }

  private startChunk(line: string): void {
    const match = /^([0-9A-Fa-f]{1,8})[\t ]*(?:;.*)?$/.exec(line);
    if (match === null) throw malformed(`chunk size ${JSON.stringify(line.slice(0, 32))}`);
    this.left = Number.parseInt(match[1] ?? '', 16);
    this.state = this.left === 0 ? 'trailers' : 'chunk';
  }

  private endTrailers(line: string): void {
    if (line === '') {
      this.state = 'done';
      return;
    }
    this.countHead(line.length + 2);
    this.parseFields([line], 0);
  }

  /** Takes one line up to its CRLF, however many pieces it comes in. */
  private takeLine(data: Buffer, use: (line: string) => void): Buffer {
    const end = data.indexOf(0x0a);
    const piece = end < 0 ? data : data.subarray(0, end + 1);
    const limit = this.state === 'trailers' ? MAX_HEAD_BYTES : MAX_CHUNK_LINE_BYTES;
    const length = this.pending.reduce((sum, part) => sum + part.length, piece.length);
    if (length > limit) throw malformed('a line of the chunked coding is too long');
    if (end < 0) {
      this.pending.push(piece);
      return EMPTY;
    }
    const line = this.takePending(piece).toString('latin1');
    if (!line.endsWith('\r\n')) throw malformed('a line does not end with CRLF');
    use(line.slice(0, -2));
    return data.subarray(end + 1);
  }

  private parseFields(lines: readonly string[], from: number): Map<string, string> {
    const headers = new Map<string, string>();
    this.headerLines += lines.length - from;
    if (this.headerLines > MAX_HEADER_LINES) throw malformed('too many header lines');
    for (let i = from; i < lines.length; i += 1) {
      const line = lines[i] ?? '';
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon));
      const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
      if (!FIELD_NAME.test(name) || NOT_FIELD_VALUE.test(value)) {
        throw malformed(`header line ${JSON.stringify(line.slice(0, 64))}`);
      }
      addHeader(headers, name.toLowerCase(), value);
    }
    return headers;
  }

  private countHead(bytes: number): void {
    this.headBytes += bytes;
    if (this.headBytes > MAX_HEAD_BYTES)
      throw malformed(`a head larger than ${MAX_HEAD_BYTES} bytes`);
  }

  /** Index in `data` just after `mark`, which may have begun in what is pending; or null. */
  private findInPending(data: Buffer, mark: Buffer): number | null {
    const tail = this.pending.length === 0 ? EMPTY : lastBytes(this.pending, mark.length - 1);
    const index = (tail.length === 0 ? data : Buffer.concat([tail, data])).indexOf(mark);
    return index < 0 ? null : index + mark.length - tail.length;
  }

  private takePending(last: Buffer): Buffer {
    if (this.pending.length === 0) return last;
    const whole = Buffer.concat([...this.pending, last]);
    this.pending = [];
    return whole;
  }
}

const EMPTY = Buffer.alloc(0);

/** The last `count` bytes of `parts`, which may be single bytes each. */
function lastBytes(parts: readonly Buffer[], count: number): Buffer {
  return Buffer.concat(parts.slice(-count)).subarray(-count);
}

function couldBeStatusLine(data: Buffer): boolean {
  const start = data.toString('latin1', 0, 7);
  return 'HTTP/1.'.startsWith(start);
}

function notHttp(data: Buffer): ProbeFailure {
  return malformed(`starts with ${JSON.stringify(data.toString('latin1', 0, 32))}`);
}

function malformed(what: string): ProbeFailure {
  return new ProbeFailure('protocol_error', `not a valid HTTP response: ${what}`);
}
