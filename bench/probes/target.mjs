// The target: it answers as cheaply as Node can, so that the engines are what is measured.
import { Buffer } from 'node:buffer';
import net from 'node:net';
import tls from 'node:tls';
import { makeAuthority, makeCertificate } from '@trustmonitor/testkit/targets';

const body = JSON.stringify({ ok: true, filler: 'x'.repeat(200) });
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
);
const serve = (socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end(answer));
};

const authority = makeAuthority();
const identity = makeCertificate({ commonName: 'bench', names: ['127.0.0.1'], issuer: authority });
const plain = net.createServer(serve).listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
const secure = tls
  .createServer({ cert: identity.certificate, key: identity.key }, serve)
  .listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
secure.on('tlsClientError', () => undefined);

await Promise.all(
  [plain, secure].map((server) => new Promise((done) => server.once('listening', done))),
);
process.send({
  http: plain.address().port,
  https: secure.address().port,
  ca: authority.certificate,
});
process.on('disconnect', () => process.exit());
