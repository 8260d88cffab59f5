/** `dns`: one question to one name server, over UDP with a turn to TCP where it is needed. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import { decode, type DecodedPacket, encode, RECURSION_DESIRED, streamEncode } from 'dns-packet';
import type { DnsCheck } from '@trustmonitor/protocol';
import { attempt } from '../attempt.ts';
import { closedFailure, excerpt, ProbeFailure, socketFailure } from '../failure.ts';
import { connectTcp } from '../net/connect.ts';
import { answersOf, rcodeOf } from '../net/dns-answers.ts';
import { resolveTarget } from '../net/resolve.ts';
import type { Probe } from '../probe.ts';
import type { Run } from '../run.ts';

/** Without an answer the question is sent again: UDP loses packets and says nothing. */
const RESEND_AFTER_MS = 1_000;
/** Safe on every path (RFC 9715). */
const UDP_PAYLOAD_BYTES = 1_232;
const MAX_ANSWERS = 32;
const MAX_ANSWER_CHARS = 512;

interface Server {
  readonly address: string;
  readonly port: number;
  readonly host: string;
}
interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: DnsCheck['dns']['recordType'];
}

export const probeDns: Probe<DnsCheck> = (check, context) =>
  attempt(check, context, async (run) => {
    const { transport, recordType } = check.dns;
    const server = await serverOf(run, check);
    const question = {
      id: randomInt(65_536),
      name: check.host.replace(/\.$/, ''),
      type: recordType,
    };
    const startedAt = performance.now();
    let used: 'udp' | 'tcp' = transport === 'tcp' ? 'tcp' : 'udp';
    let answer = await (used === 'tcp' ? askTcp : askUdp)(run, server, question);
    if (answer.flag_tc && transport === 'auto') {
      used = 'tcp';
      answer = await askTcp(run, server, question);
    }
    run.mark('processingUs', startedAt);
    record(run, check, answer, used, server);
    refuseErrors(run, check);
  });

/** The server that the monitor names passes the guard; the agent's own resolver need not. */
async function serverOf(run: Run, check: DnsCheck): Promise<Server> {
  const own = run.context.resolver?.servers?.[0] ?? getServers()[0] ?? '127.0.0.1';
  const { host, port } = splitPort(check.dns.server ?? own);
  if (check.dns.server !== null) {
    return { host, port, address: await resolveTarget(run, host, 'any') };
  }
  run.seen.address = host;
  run.seen.addresses = [host];
  run.seen.family = isIP(host) === 6 ? 6 : 4;
  return { host, port, address: host };
}

function splitPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  // What does not match has several colons and no brackets: a bare IPv6 address.
  return host === undefined ? { host: text, port: 53 } : { host, port: Number(match?.[3] ?? 53) };
}

function packetFor({ id, name, type }: Question): Parameters<typeof encode>[0] {
  return {
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: UDP_PAYLOAD_BYTES,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  };
}

function askUdp(run: Run, server: Server, question: Question): Promise<DecodedPacket> {
  return run.step('resolve', (done, fail) => {
    const message = encode(packetFor(question));
    const socket = createSocket(isIP(server.address) === 6 ? 'udp6' : 'udp4');
    const resend = setInterval(() => socket.send(message), RESEND_AFTER_MS);
    run.onClose(() => {
      clearInterval(resend);
      socket.close();
    });
    socket.on('error', (error) => fail(socketFailure(error, 'connect')));
    socket.on('message', (data) => {
      const packet = read(data);
      // A broken packet may be anybody's; one with our identifier and question is the server's.
      if (packet !== null && isReplyTo(packet, question)) done(packet);
      else if (data.length < 2 || data.readUInt16BE(0) === question.id) fail(notDns(data));
    });
    // Connected: only this server is heard, and its "port unreachable" reaches us.
    socket.connect(server.port, server.address, () => socket.send(message));
  });
}

async function askTcp(run: Run, server: Server, question: Question): Promise<DecodedPacket> {
  const socket = await connectTcp(run, server);
  return run.step('resolve', (done, fail) => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      // The length in front is of two bytes, so this never holds more than 64 KiB.
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const message = received.subarray(2, 2 + received.readUInt16BE(0));
      const packet = read(message);
      socket.pause();
      if (packet !== null && isReplyTo(packet, question)) done(packet);
      else fail(notDns(message));
    });
    socket.once('error', (error) => fail(socketFailure(error, 'exchange')));
    socket.once('close', () => fail(closedFailure('exchange')));
    socket.write(streamEncode(packetFor(question)));
  });
}

function read(data: Buffer): DecodedPacket | null {
  try {
    return decode(data);
  } catch {
    return null;
  }
}

function isReplyTo(packet: DecodedPacket, { id, name, type }: Question): boolean {
  const asked = packet.questions?.[0];
  return (
    packet.id === id &&
    packet.type === 'response' &&
    (asked === undefined ||
      (asked.type === type && asked.name.toLowerCase() === name.toLowerCase()))
  );
}

function notDns(data: Buffer): ProbeFailure {
  const start = JSON.stringify(data.toString('latin1', 0, 32));
  return new ProbeFailure('protocol_error', `not an answer to the question: ${start}`);
}

function record(
  run: Run,
  check: DnsCheck,
  packet: DecodedPacket,
  transport: 'udp' | 'tcp',
  server: Server,
): void {
  const rcode = rcodeOf(packet);
  const answers = answersOf(packet, check.dns.recordType);
  run.answer.dns = { rcode, answers };
  run.seen.dns = {
    server: `${server.host}:${server.port}`,
    transport,
    rcode,
    authoritative: packet.flag_aa,
    answers: answers.slice(0, MAX_ANSWERS).map((answer) => excerpt(answer, MAX_ANSWER_CHARS)),
  };
}

/** Unless the monitor asks for something else, a name must exist and have such records. */
function refuseErrors(run: Run, check: DnsCheck): void {
  const asks = new Set(check.assertions.map(({ subject }) => subject));
  const { rcode, answers } = run.answer.dns ?? { rcode: 'NOERROR', answers: [] };
  const { host } = check;
  if (rcode !== 'NOERROR') {
    if (asks.has('dns.rcode')) return;
    throw rcode === 'NXDOMAIN'
      ? new ProbeFailure('dns_nxdomain', `${host} does not exist`)
      : new ProbeFailure('dns_failure', `the name server answered ${rcode} about ${host}`);
  }
  const asksAboutAnswers =
    asks.has('dns.answers') || asks.has('dns.count') || asks.has('dns.rcode');
  if (answers.length === 0 && !asksAboutAnswers) {
    throw new ProbeFailure('dns_failure', `${host} has no ${check.dns.recordType} records`);
  }
}
