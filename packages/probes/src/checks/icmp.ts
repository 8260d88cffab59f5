/**
 * `icmp`: echo requests by the system's `ping`, which has the right to send them.
 *
 * A raw socket would need privileges and a native module; `ping` needs neither on a usual system.
 * Where it is absent or not allowed, the agent abstains with `unsupported`.
 */
import { spawn } from 'node:child_process';
import type { IcmpCheck } from '@trustmonitor/protocol';
import { attempt } from '../attempt.ts';
import { excerpt, ProbeFailure } from '../failure.ts';
import { resolveTarget } from '../net/resolve.ts';
import type { Probe } from '../probe.ts';
import type { Run } from '../run.ts';

const MAX_OUTPUT_CHARS = 65_536;

interface Ended {
  readonly output: string;
  readonly errors: string;
}

export const probeIcmp: Probe<IcmpCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    const address = await resolveTarget(run, check.host, check.icmp.ipFamily);
    const startedAt = performance.now();
    const ended = await ping(run, address, check.icmp.count);
    run.mark('processingUs', startedAt);
    record(run, check.icmp.count, ended);
  });

/** Ends with `ping`, or at the deadline with what it had written by then. */
async function ping(run: Run, address: string, count: number): Promise<Ended> {
  const ended = { output: '', errors: '' };
  try {
    await run.step<null>('connect', (done, fail) => {
      const child = spawn('ping', argumentsFor(run, address, count), {
        env: { PATH: process.env['PATH'], LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      run.onClose(() => child.kill('SIGKILL'));
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (ended.output.length < MAX_OUTPUT_CHARS) ended.output += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (ended.errors.length < MAX_OUTPUT_CHARS) ended.errors += text;
      });
      child.once('error', () => fail(unsupported('there is no `ping` on this machine')));
      child.once('close', () => done(null));
    });
  } catch (error) {
    const late = error instanceof ProbeFailure && error.failureClass === 'connect_timeout';
    if (!late) throw error;
  }
  return ended;
}

/** iputils and busybox. `-i 0.2` is the shortest interval without privileges. */
function argumentsFor(run: Run, address: string, count: number): string[] {
  const seconds = Math.max(1, Math.ceil(run.remainingMs() / 1_000));
  return ['-n', '-c', String(count), '-i', '0.2', '-w', String(seconds), address];
}

function record(run: Run, count: number, { output, errors }: Ended): void {
  const timesUs = [...output.matchAll(/\btime[=<]([\d.]+) ?ms/g)].map((match) =>
    Math.round(Number(match[1]) * 1_000),
  );
  const received = Math.min(count, timesUs.length);
  if (received === 0) refuse(`${errors}\n${output}`, count);
  run.answer.lossPercent = Math.round(((count - received) / count) * 100);
  run.seen.icmp = {
    sent: count,
    received,
    minUs: Math.min(...timesUs),
    meanUs: Math.round(timesUs.reduce((sum, time) => sum + time, 0) / timesUs.length),
    maxUs: Math.max(...timesUs),
  };
}

function refuse(text: string, count: number): never {
  if (/not permitted|permission denied|lacking privilege/i.test(text)) {
    throw unsupported('`ping` is not allowed to send echo requests here');
  }
  if (/network is unreachable|address family not supported/i.test(text)) {
    throw new ProbeFailure('connect_unreachable', 'this agent has no route there', 'network');
  }
  if (/unreachable|prohibited/i.test(text)) {
    const line = text.split('\n').find((one) => /unreachable|prohibited/i.test(one)) ?? '';
    throw new ProbeFailure('connect_unreachable', excerpt(line, 200));
  }
  if (/invalid|unrecognized|usage:/i.test(text)) {
    throw unsupported(`\`ping\` does not understand us: ${excerpt(text.trim(), 200)}`);
  }
  throw new ProbeFailure('connect_timeout', `none of ${count} echo requests was answered`);
}

function unsupported(detail: string): ProbeFailure {
  return new ProbeFailure('unsupported', detail);
}
