/** An SMTP server that keeps what it takes, and a channel that writes to it. */
import type { OpenedChannel } from '@trustmonitor/protocol';
import { makeAuthority, makeCertificate } from '@trustmonitor/testkit/targets';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

const authority = makeAuthority();
const identity = makeCertificate({
  commonName: 'localhost',
  names: ['127.0.0.1'],
  issuer: authority,
});
const PASSWORD = 'Planted Secret';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly text: string;
}

/** Refuses what `options` say; close it at the end. */
export async function startSmtp(options: SMTPServerOptions = {}) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key: identity.key,
    cert: identity.certificate,
    // Whoever is still there when the test is over is sent away.
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'tm' && password === PASSWORD) done(null, { user: 'tm' });
      else done(new Error(`no ${password}`));
    },
    onData: (stream, { envelope, secure }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure,
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const close = async (): Promise<void> => {
    const closed = once(server.server, 'close');
    server.close();
    await closed;
  };
  const channel: OpenedChannel<'email'> = {
    ...{ id: 'mail', type: 'email', host: '127.0.0.1', ca: authority.certificate },
    port: (server.server.address() as AddressInfo).port,
    ...{ username: 'tm', password: PASSWORD },
    ...{ from: 'tm@example.com', to: ['a@example.com', 'b@example.com'] },
  };
  return { channel, mails, close };
}

export const accept: NonNullable<SMTPServerOptions['onRcptTo']> = (_address, _session, done) =>
  done();

/** Refuses recipients, or one of them alone. */
export const refuse =
  (code: number, one?: string): typeof accept =>
  ({ address }, _session, done) =>
    one === undefined || one === address
      ? done(Object.assign(new Error(`no: ${PASSWORD}`), { responseCode: code }))
      : done();
