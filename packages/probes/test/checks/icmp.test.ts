import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeAt, wordFor } from '../support/probing.ts';

describe('icmp', () => {
  /** No test can count on the right to ping: a script writes what `ping` would. */
  async function withPing(script: string | null): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'ping-'));
    if (script !== null) {
      await writeFile(join(folder, 'ping'), `#!/bin/sh\n${script}\n`);
      await chmod(join(folder, 'ping'), 0o755);
    }
    const path = process.env['PATH'];
    process.env['PATH'] = script === null ? folder : `${folder}:/usr/bin:/bin`;
    onTestFinished(async () => {
      process.env['PATH'] = path;
      await rm(folder, { recursive: true });
    });
  }
  const target = { type: 'icmp', host: '127.0.0.1', icmp: { count: 3 } } as const;

  it('counts replies and times', async () => {
    await withPing(
      'echo "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.500 ms"; echo "64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=1.50 ms"; exit 1',
    );
    const attempt = await probeAt({ ...target, assertions: ['loss <= 34%'] });
    expect(attempt.failure).toBeNull();
    expect(attempt.response?.icmp).toEqual({
      sent: 3,
      received: 2,
      minUs: 500,
      meanUs: 1_000,
      maxUs: 1_500,
    });
    expect(wordFor(await probeAt({ ...target, assertions: ['loss == 0%'] }))).toBe(
      'assertion_failed',
    );
  });

  it.each([
    [
      'echo "3 packets transmitted, 0 received, 100% packet loss"; exit 1',
      'connect_timeout',
      'down',
    ],
    [
      'echo "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable"; exit 1',
      'connect_unreachable',
      'down',
    ],
    ['echo "ping: connect: Network is unreachable" >&2; exit 2', 'connect_unreachable', 'abstain'],
    ['echo "ping: socket: Operation not permitted" >&2; exit 2', 'unsupported', 'abstain'],
    ['echo "ping: unrecognized option: i" >&2; exit 1', 'unsupported', 'abstain'],
    [null, 'unsupported', 'abstain'],
  ])('%s: %s', async (script, expected, outcome) => {
    await withPing(script);
    const attempt = await probeAt(target);
    expect(wordFor(attempt)).toBe(expected);
    expect(attempt.outcome).toBe(outcome);
  });

  it('takes what there is at the deadline', async () => {
    await withPing('echo "64 bytes from 127.0.0.1: time=1 ms"; exec sleep 60');
    expect(
      wordFor(await probeAt({ ...target, assertions: ['loss == 67%'] }, { withinMs: 500 })),
    ).toBe('up');
  });
});
