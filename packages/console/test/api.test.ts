/** How the console reads: what is loaded later, one read at a time, and a feed that comes back. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LiveFeed, type Source, type Told } from '../src/api/feed.ts';
import { loadPart } from '../src/api/part.ts';
import { Reader } from '../src/api/reader.ts';
import { asError } from '../src/model/errors.ts';

test('a part that is gone after an upgrade says what to do', async () => {
  const cause = new TypeError('Failed to fetch dynamically imported module');
  await expect(loadPart(() => Promise.reject(cause))).rejects.toMatchObject({
    message: expect.stringContaining('load the page again') as string,
    cause,
  });
  expect(await loadPart(() => Promise.resolve(1))).toBe(1);
  expect([asError(cause), asError('x').message]).toEqual([cause, 'x']);
});

describe('a reader', () => {
  /** Reads that end when the test says so. */
  function start() {
    const begun: { end: (data: number) => void; fail: (error: Error) => void }[] = [];
    const signals: AbortSignal[] = [];
    const told: unknown[] = [];
    const read = (signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<number>((end, fail) => begun.push({ end, fail }));
    };
    const tell = (what: unknown) => void told.push(what);
    return { reader: new Reader(read, { onData: tell, onError: tell }), begun, signals, told };
  }
  const settled = () => new Promise(setImmediate);

  test('ends what it has begun, and then reads once more however often it was asked', async () => {
    const { reader, begun, signals, told } = start();
    reader.again();
    for (let i = 0; i < 9; i++) reader.again();
    await settled();
    expect([begun.length, signals[0]?.aborted]).toEqual([1, false]);
    begun[0]?.end(1);
    await settled();
    expect([told, begun.length]).toEqual([[1], 2]);
    const fault = new Error('away');
    begun[1]?.fail(fault);
    await settled();
    expect([told, begun.length]).toEqual([[1, fault], 2]);
    reader.again();
    begun[2]?.end(3);
    await settled();
    expect([told, begun.length]).toEqual([[1, fault, 3], 3]);
  });

  test('tells nothing after it was stopped, and reads no more', async () => {
    const { reader, begun, signals, told } = start();
    reader.again();
    reader.again();
    reader.stop();
    expect(signals[0]?.aborted).toBe(true);
    begun[0]?.end(1);
    await settled();
    reader.again();
    await settled();
    expect([told, begun.length]).toEqual([[], 1]);
  });
});

describe('the feed', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  class FakeSource implements Source {
    readonly #listeners = new Map<string, (event: { data: string }) => void>();
    closed = false;

    addEventListener(type: string, listener: (event: { data: string }) => void): void {
      this.#listeners.set(type, listener);
    }
    close(): void {
      this.closed = true;
    }
    isClosed(): boolean {
      return this.closed;
    }
    say(type: string, data = ''): void {
      this.#listeners.get(type)?.({ data });
    }
    /** What a browser does upon an answer like 502. */
    refuse(): void {
      this.closed = true;
      this.say('error');
    }
  }

  function start() {
    vi.useFakeTimers();
    const sources: FakeSource[] = [];
    const feed = new LiveFeed(() => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    });
    const told: Told['type'][] = [];
    feed.listen(({ type }) => told.push(type));
    feed.open();
    return { feed, sources, told };
  }

  test('is opened again after an answer that ended it, and says that events were missed', () => {
    const { feed, sources, told } = start();
    sources[0]?.say('open');
    sources[0]?.say('vote.cast', '{"type":"vote.cast"}');
    expect([feed.state, told]).toEqual(['live', ['vote.cast']]);
    sources[0]?.refuse();
    feed.open();
    expect([feed.state, sources.length]).toEqual(['lost', 1]);
    vi.advanceTimersByTime(4_999);
    expect(sources.length).toBe(1);
    vi.advanceTimersByTime(2_501);
    expect(sources.length).toBe(2);
    sources[1]?.refuse();
    vi.advanceTimersByTime(7_500);
    sources[2]?.say('open');
    expect([feed.state, told]).toEqual(['live', ['vote.cast', 'reset']]);
  });

  test('leaves to the browser what the browser connects again, and stays closed', () => {
    const { feed, sources } = start();
    sources[0]?.say('error');
    vi.advanceTimersByTime(60_000);
    expect([feed.state, sources.length]).toEqual(['connecting', 1]);
    sources[0]?.refuse();
    feed.close();
    vi.advanceTimersByTime(60_000);
    expect(sources.length).toBe(1);
  });
});
