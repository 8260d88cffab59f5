/** Requests to the API, and their answers, each parsed as what it is to be. */
import type { Parser } from '@trustmonitor/protocol';
import type { Transport } from './transport.ts';

/** Most entries that one request may ask for. */
const PAGE_SIZE = 200;

type Query = Readonly<Record<string, string>>;

export interface ListOptions {
  /** The most entries wanted; all of them when not given. */
  readonly limit?: number | undefined;
}

interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** Each method throws the API's own coded error, `api.unreachable`, or `message.malformed`. */
export class Requests {
  readonly send: Transport;

  constructor(send: Transport) {
    this.send = send;
  }

  /** Exactly as the API gave them. */
  async bytes(path: string, query: Query = {}): Promise<Uint8Array> {
    return (await this.send({ method: 'GET', path, query })).bytes;
  }

  async get<T>(path: string, parser: Parser<T>, query: Query = {}): Promise<T> {
    return parse(await this.send({ method: 'GET', path, query }), path, parser);
  }

  async post<T>(path: string, body: unknown, parser: Parser<T>): Promise<T> {
    return parse(await this.send({ method: 'POST', path, body }), path, parser);
  }

  async put<T>(path: string, body: unknown, parser: Parser<T>): Promise<T> {
    return parse(await this.send({ method: 'PUT', path, body }), path, parser);
  }

  async remove(path: string): Promise<void> {
    await this.send({ method: 'DELETE', path });
  }

  /** Page by page, until there are no more or there are enough. */
  async list<T>(
    path: string,
    parser: Parser<Page<T>>,
    filter: Query = {},
    { limit = Number.POSITIVE_INFINITY }: ListOptions = {},
  ): Promise<T[]> {
    const entries: T[] = [];
    let cursor: string | null = null;
    do {
      const query = {
        ...filter,
        limit: Math.min(PAGE_SIZE, limit - entries.length),
        ...(cursor === null ? {} : { cursor }),
      };
      const page: Page<T> = parse(await this.send({ method: 'GET', path, query }), path, parser);
      entries.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== null && entries.length < limit);
    return entries;
  }
}

function parse<T>({ bytes }: { readonly bytes: Uint8Array }, path: string, parser: Parser<T>): T {
  return parser.parseJson(textOf(bytes), `the answer of ${path}`);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Ids come from the command line; each stays one segment of the path. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}
