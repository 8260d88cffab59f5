import tls from 'node:tls';
import { type Behaviour, type Identity, lineServer } from '@trustmonitor/testkit/targets';

/** A line server that changes to TLS when `command` comes, and then sends `first`. */
export function startTlsServer(
  identity: Identity,
  greeting: string,
  command: string,
  goAhead: string,
  first: string,
  reply = '',
): Behaviour {
  const { certificate: cert, key } = identity;
  return lineServer(greeting, (line, socket) => {
    if (line !== command) return reply;
    socket.removeAllListeners('data');
    socket.write(goAhead);
    const secure = new tls.TLSSocket(socket, { isServer: true, cert, key });
    secure.on('error', () => undefined);
    secure.write(first);
    secure.on('data', () => secure.write(reply));
    return '';
  });
}
