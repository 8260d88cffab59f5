/** A name server on loopback that answers what a test tells it to, over UDP and TCP. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import net from 'node:net';
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Question,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { LOOPBACK } from '@trustmonitor/testkit/targets';

export interface Reply {
  readonly answers?: readonly Answer[];
  /** 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  readonly rcode?: number;
  readonly truncated?: boolean;
  /** Instead of an answer. */
  readonly raw?: Buffer;
  /** The identifier of another question. */
  readonly foreign?: boolean;
}

export type Responder = (question: Question, transport: 'udp' | 'tcp') => Reply | null;

export interface DnsServer {
  readonly address: string;
  readonly questions: Question[];
  close(): Promise<void>;
}

/** `null` from the responder is silence. */
export async function startDnsServer(respond: Responder): Promise<DnsServer> {
  const questions: Question[] = [];
  const answer = (message: Buffer, transport: 'udp' | 'tcp'): Buffer | null => {
    const packet = decode(message);
    const question = packet.questions?.[0];
    if (question === undefined) return null;
    questions.push(question);
    const reply = respond(question, transport);
    if (reply === null || reply.raw !== undefined) return reply?.raw ?? null;
    const rcode = reply.rcode ?? 0;
    return encode({
      type: 'response',
      id: reply.foreign === true ? (packet.id ?? 0) ^ 1 : packet.id,
      flags: AUTHORITATIVE_ANSWER | rcode | (reply.truncated === true ? TRUNCATED_RESPONSE : 0),
      questions: [question],
      answers: [...(reply.answers ?? [])],
    });
  };

  const { tcp, port, udp } = await bindBoth();
  udp.on('message', (message: Buffer, peer: RemoteInfo) => {
    const reply = answer(message, 'udp');
    if (reply !== null) udp.send(reply, peer.port, peer.address);
  });
  tcp.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      const reply = answer(data.subarray(2), 'tcp');
      if (reply === null) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      // In two pieces, as a network may deliver it.
      socket.write(length);
      socket.end(reply);
    });
  });
  return {
    address: `${LOOPBACK}:${port}`,
    questions,
    close: () =>
      new Promise((resolve) => {
        udp.close();
        tcp.close(() => resolve());
      }),
  };
}

/** The same port for both; another process may have the TCP one of a free UDP one. */
async function bindBoth(): Promise<{
  udp: ReturnType<typeof createSocket>;
  tcp: net.Server;
  port: number;
}> {
  for (;;) {
    const tcp = net.createServer();
    await new Promise<void>((resolve) => tcp.listen(0, LOOPBACK, resolve));
    const { port } = tcp.address() as net.AddressInfo;
    const udp = createSocket('udp4');
    const bound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, LOOPBACK, () => resolve(true));
    });
    if (bound) return { udp, tcp, port };
    tcp.close();
  }
}
