/** Fresh connections, timed by the socket's own events. */
import net, { isIP } from 'node:net';
import tls, { type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { formatTimestamp } from '@trustmonitor/protocol';
import { closedFailure, ProbeFailure, socketFailure } from '../failure.ts';
import type { Run } from '../run.ts';
import { canonicalHost } from './resolve.ts';
import type { TlsProfile } from './tls-profile.ts';

const MAX_CERTIFICATES = 10;

export interface Endpoint {
  /** The address that the guard let pass. */
  readonly address: string;
  readonly port: number;
  /** The host as it was written: what a certificate must be for. */
  readonly host: string;
}

export function connectTcp(run: Run, { address, port }: Endpoint): Promise<net.Socket> {
  return run.step('connect', (done, fail) => {
    const startedAt = performance.now();
    const socket = net.connect({ host: address, port, autoSelectFamily: false });
    run.onClose(() => socket.destroy());
    socket.once('error', (error) => fail(socketFailure(error, 'connect')));
    socket.once('connect', () => {
      run.mark('connectUs', startedAt);
      handOver(socket);
      done(socket);
    });
  });
}

/** TCP and TLS in one go: `tls.connect` around an existing socket makes two of them. */
export function connectTls(
  run: Run,
  endpoint: Endpoint,
  profile: TlsProfile,
  alpn: readonly string[],
): Promise<TLSSocket> {
  const { address, port } = endpoint;
  return secure(run, endpoint, profile, alpn, { host: address, port, autoSelectFamily: false });
}

/** STARTTLS: TLS over a connection that already carried plain text. */
export function upgradeToTls(
  run: Run,
  socket: net.Socket,
  endpoint: Endpoint,
  profile: TlsProfile,
  alpn: readonly string[] = [],
): Promise<TLSSocket> {
  socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
  return secure(run, endpoint, profile, alpn, { socket });
}

function secure(
  run: Run,
  endpoint: Endpoint,
  profile: TlsProfile,
  alpn: readonly string[],
  how: tls.ConnectionOptions & { autoSelectFamily?: boolean },
): Promise<TLSSocket> {
  const name = canonicalHost(profile.serverName ?? endpoint.host);
  return run.step(how.socket === undefined ? 'connect' : 'tls', (done, fail) => {
    let phaseAt = performance.now();
    let shown: DetailedPeerCertificate | undefined;
    const socket = tls.connect({
      ...how,
      secureContext: profile.context,
      // Addresses are not sent as names (RFC 6066 section 3).
      ...(isIP(name) === 0 && { servername: name }),
      ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
      // We judge ourselves, so that a bad certificate is seen and not only refused.
      rejectUnauthorized: false,
      checkServerIdentity: (_, certificate) => {
        shown = certificate as DetailedPeerCertificate;
        return tls.checkServerIdentity(name, certificate);
      },
    });
    run.onClose(() => socket.destroy());
    socket.once('connect', () => {
      phaseAt = run.mark('connectUs', phaseAt);
      run.stage = 'tls';
    });
    socket.once('error', (error) => fail(socketFailure(error, run.stage)));
    socket.once('close', () => fail(closedFailure(run.stage)));
    socket.once('secureConnect', () => {
      run.mark('tlsUs', phaseAt);
      recordSession(run, socket, shown ?? socket.getPeerCertificate(true));
      handOver(socket);
      if (profile.verify && !socket.authorized) fail(certificateFailure(socket));
      else done(socket);
    });
  });
}

/** Between two steps nobody listens, and an error without a listener would end the process. */
function handOver(socket: net.Socket): void {
  socket.removeAllListeners('error').removeAllListeners('close');
  socket.on('error', ignore);
}

function ignore(): void {
  // The step that waits next finds the socket destroyed.
}

function recordSession(run: Run, socket: TLSSocket, leaf: DetailedPeerCertificate): void {
  const { answer, seen } = run;
  answer.tlsVersion = seen.tlsVersion = socket.getProtocol();
  answer.tlsCipher = seen.tlsCipher = socket.getCipher().name;
  seen.tlsVerified = socket.authorized;
  const chain = chainOf(leaf);
  seen.certificates = chain.map((certificate) => ({
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: formatTimestamp(expiryOf(certificate)),
  }));
  const expiries = chain.map(expiryOf);
  answer.certificateExpiresAtMs = expiries.length === 0 ? null : Math.min(...expiries);
}

/** A date that OpenSSL cannot read is no promise of any future. */
function expiryOf(certificate: DetailedPeerCertificate): number {
  const expiresAtMs = Date.parse(certificate.valid_to);
  return Number.isNaN(expiresAtMs) ? 0 : expiresAtMs;
}

/** Leaf first. A root is its own issuer, and a cross-signed chain may be a circle. */
function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  // Typed as always there, but an anonymous peer's is an empty object.
  let certificate: DetailedPeerCertificate | undefined = (leaf.raw as Buffer | undefined)
    ? leaf
    : undefined;
  while (certificate !== undefined && chain.length < MAX_CERTIFICATES) {
    if (chain.includes(certificate)) break;
    chain.push(certificate);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function certificateFailure(socket: TLSSocket): ProbeFailure {
  const code = String(socket.authorizationError);
  const leaf = socket.getPeerCertificate();
  if (code === 'CERT_HAS_EXPIRED') {
    return new ProbeFailure(
      'tls_cert_expired',
      `a certificate of the chain has expired; the leaf is valid until ${leaf.valid_to}`,
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new ProbeFailure(
      'tls_hostname_mismatch',
      `the certificate is for ${leaf.subjectaltname ?? String(leaf.subject.CN)}`,
    );
  }
  return new ProbeFailure('tls_cert_untrusted', code);
}
