/**
 * One server that is the target of all monitors of a test, each at its own path, and the truth
 * about each of them: what it was when, by this machine's clock.
 */
import type { ServerResponse } from 'node:http';
import { startHttpTarget } from '@trustmonitor/testkit/targets';

/** What a monitor's target does. */
export interface Condition {
  /** `failing` answers 503, `hanging` takes requests and says nothing. */
  readonly is: 'up' | 'failing' | 'hanging';
  /** Only to these regions, known by what agents name in their user-agent; to all without it. */
  readonly regions?: readonly string[];
  /** Only this share of the requests, at random; all of them without it. */
  readonly share?: number;
}

export const UP: Condition = { is: 'up' };
export const DOWN: Condition = { is: 'failing' };

interface Change {
  readonly atMs: number;
  readonly isDown: boolean;
}

/** How far the coordinator's clock may be from this process's, and an answer be on its way. */
const TOLERANCE_MS = 1_500;

export class Truth {
  readonly url: string;
  readonly close: () => Promise<void>;
  readonly #conditions = new Map<string, Condition>();
  readonly #changes = new Map<string, Change[]>();
  readonly #onRequest = new Map<string, (region: string) => void>();
  readonly #hanging = new Set<ServerResponse>();

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.close = close;
  }

  static async start(): Promise<Truth> {
    const target = await startHttpTarget();
    const truth = new Truth(target.url, () => target.close());
    target.handler = (request, response) => {
      const region = /\(region ([a-z0-9-]+)\)/.exec(request.headers['user-agent'] ?? '')?.[1];
      const { pathname } = new URL(request.url ?? '/', target.url);
      truth.#answer(pathname.slice(1), region ?? '', response);
    };
    return truth;
  }

  urlOf(id: string): string {
    return `${this.url}/${id}`;
  }

  get monitors(): string[] {
    return [...this.#conditions.keys()];
  }

  /** From now on. What hung before is let go, with what is now. */
  set(id: string, condition: Condition): void {
    this.#conditions.set(id, condition);
    const changes = this.#changes.get(id) ?? [];
    this.#changes.set(id, [...changes, { atMs: Date.now(), isDown: isDown(condition) }]);
    for (const response of this.#hanging) response.writeHead(200).end();
    this.#hanging.clear();
  }

  forget(id: string): void {
    this.#conditions.delete(id);
  }

  isDown(id: string): boolean {
    return isDown(this.#conditions.get(id) ?? UP);
  }

  /** Resolves when the next request for it has arrived, from that region or from any. */
  nextRequest(id: string, from?: string): Promise<void> {
    return new Promise((resolve) =>
      this.#onRequest.set(id, (region) => {
        if (from !== undefined && from !== region) return;
        this.#onRequest.delete(id);
        resolve();
      }),
    );
  }

  /** Whether it was down, or up, at some time between these two. */
  was(id: string, what: 'down' | 'up', fromMs: number, toMs: number): boolean {
    const changes = this.#changes.get(id) ?? [];
    return changes.some(({ atMs, isDown: down }, i) => {
      const until = changes[i + 1]?.atMs ?? Infinity;
      const overlaps = atMs <= toMs + TOLERANCE_MS && until >= fromMs - TOLERANCE_MS;
      return overlaps && down === (what === 'down');
    });
  }

  #answer(id: string, region: string, response: ServerResponse): void {
    this.#onRequest.get(id)?.(region);
    const { is, regions, share = 1 } = this.#conditions.get(id) ?? UP;
    const isHit = (regions?.includes(region) ?? true) && (share === 1 || Math.random() < share);
    if (isHit && is === 'hanging') this.#hanging.add(response);
    else response.writeHead(isHit && is === 'failing' ? 503 : 200).end('the truth');
  }
}

/** What hits some regions, or some requests only, is no outage. */
function isDown({ is, regions, share }: Condition): boolean {
  return is !== 'up' && regions === undefined && share === undefined;
}
