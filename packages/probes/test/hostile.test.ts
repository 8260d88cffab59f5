import { hostileResponses, startRawTarget } from '@trustmonitor/testkit/targets';
import { describe, expect, it } from 'vitest';
import { probeAt, using, wordFor } from './support/probing.ts';

/** For what only the deadline ends, and for what ends by itself, however busy the machine. */
const SHORT_MS = 400;
const LONG_MS = 10_000;
const CEILING_BYTES = 64 * 1_048_576;

describe('hostile responses', () => {
  const responses = hostileResponses();

  it('has at least sixty of them', () => {
    expect(responses.length).toBeGreaterThanOrEqual(60);
  });

  it.concurrent.each(responses)('$name', async ({ behave, expected }) => {
    const target = await startRawTarget(behave);
    try {
      const monitored = {
        url: `http://127.0.0.1:${target.port}/`,
        assertions: ['status == 200', 'body not contains "nothing"'],
      };
      const withinMs = expected.includes('read_timeout') ? SHORT_MS : LONG_MS;
      const attempt = await probeAt(monitored, { withinMs });
      expect(expected).toContain(wordFor(attempt));
      expect(attempt.durationMs).toBeLessThan(withinMs + 1_000);
    } finally {
      await target.close();
    }
  });

  it('stays within its memory, one after the other', async () => {
    // One round first, so that code and pools are there already.
    for (const response of responses.slice(0, 10)) await probeOnce(response.behave);
    const before = process.memoryUsage().rss;
    let peak = before;
    for (const response of responses) {
      await probeOnce(response.behave);
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(peak - before).toBeLessThan(CEILING_BYTES);
  });
});

async function probeOnce(behave: Parameters<typeof startRawTarget>[0]): Promise<void> {
  const target = await using(startRawTarget(behave));
  await probeAt(
    { url: `http://127.0.0.1:${target.port}/`, assertions: ['body contains "x"'] },
    { withinMs: 100 },
  );
  await target.close();
}
