/** Agents that resolve names by a server of the test: each in a mount namespace of its own. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** The address to answer with, `servfail`, or `silence`. */
export type Names = string;

export interface NameServers {
  /** What to start the agent of a region with, so that it asks its own server. */
  wrapper(region: string): readonly string[];
  set(region: string, answer: Names): void;
}

const HEADER_BYTES = 12;
const TYPE_A = 1;
const FLAGS_ANSWER = 0x8180;
const SERVFAIL = 2;

/** Why there can be no such agents here; null where there can. Root, and a kernel that lets it. */
export function whyNoOwnNames(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs Linux and root';
  const { status } = spawnSync('unshare', [
    '--mount',
    'mount',
    '--bind',
    '/etc/hosts',
    '/etc/hosts',
  ]);
  return status === 0 ? null : 'this kernel, or container, makes no mount namespaces';
}

/** Call it at the top of a test file, outside of hooks; it cleans up by itself. */
export async function startNames(regions: readonly string[]): Promise<NameServers> {
  const answers = new Map<string, Names>(regions.map((region) => [region, '127.0.0.1']));
  const undo: (() => unknown)[] = [];
  afterAll(async () => {
    for (const step of undo) await step();
  });
  const folder = await mkdtemp(join(tmpdir(), 'tm-faults-names-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  for (const [i, region] of regions.entries()) {
    // resolv.conf knows no ports: an address of its own, of which no other run may know.
    const address = `127.77.${process.pid % 250}.${i + 1}`;
    const socket = createSocket('udp4');
    socket.on('message', (question, peer) => {
      const answer = answerTo(question, answers.get(region)!);
      if (answer !== null) socket.send(answer, peer.port, peer.address);
    });
    socket.bind(53, address);
    await once(socket, 'listening');
    undo.push(() => socket.close());
    await writeFile(join(folder, region), `nameserver ${address}\noptions timeout:1 attempts:1\n`);
  }
  return {
    wrapper: (region) =>
      answers.has(region)
        ? ['unshare', '--mount', 'sh', '-c', MOUNT_AND_RUN, 'sh', join(folder, region)]
        : [],
    set: (region, answer) => answers.set(region, answer),
  };
}

const MOUNT_AND_RUN = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';

/** RFC 1035: the question again, and an address where one is asked for. */
function answerTo(question: Buffer, names: Names): Buffer | null {
  if (names === 'silence') return null;
  const end = question.indexOf(0, HEADER_BYTES) + 5;
  const isA = question.readUInt16BE(end - 4) === TYPE_A;
  const address = isA && names !== 'servfail' ? names.split('.').map(Number) : null;
  const reply = Buffer.from(question.subarray(0, end));
  reply.writeUInt16BE(names === 'servfail' ? FLAGS_ANSWER | SERVFAIL : FLAGS_ANSWER, 2);
  reply.writeUInt16BE(address === null ? 0 : 1, 6);
  reply.writeUInt32BE(0, 8);
  if (address === null) return reply;
  const record = [0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address];
  return Buffer.concat([reply, Buffer.from(record)]);
}
