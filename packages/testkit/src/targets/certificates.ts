/**
 * Certificates made while a test runs, good and bad: nothing expires in the repository.
 *
 * X.509 (RFC 5280) in DER by hand, for one key type and two extensions: less than what a library
 * for it would bring in.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

const DAY_MS = 86_400_000;

export interface Identity {
  /** PEM; a leaf's is followed by nothing, since its issuer is its authority. */
  readonly certificate: string;
  readonly key: string;
  readonly privateKey: KeyObject;
  readonly commonName: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** DNS names and IP addresses. */
  readonly names?: readonly string[];
  /** Without one the certificate signs itself. */
  readonly issuer?: Identity;
  readonly isAuthority?: boolean;
  /** Days from now; negative for the past. */
  readonly validFromDays?: number;
  readonly validForDays?: number;
}

/** A self-signed authority whose `certificate` is what a client must trust. */
export function makeAuthority(commonName = 'Test authority'): Identity {
  return makeCertificate({ commonName, isAuthority: true, validForDays: 3_650 });
}

export function makeCertificate(options: CertificateOptions): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = options.issuer?.commonName ?? options.commonName;
  const from = Date.now() + (options.validFromDays ?? -1) * DAY_MS;
  const until = Date.now() + (options.validForDays ?? 90) * DAY_MS;
  const toSign = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(time(from), time(until)),
    nameOf(options.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, extensions(options)),
  );
  const signature = sign('sha256', toSign, options.issuer?.privateKey ?? privateKey);
  const certificate = sequence(toSign, ECDSA_WITH_SHA256, bitString(signature));
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey,
    commonName: options.commonName,
  };
}

function extensions({ isAuthority = false, names = [] }: CertificateOptions): Buffer {
  const basic = extension(
    '551d13',
    true,
    isAuthority ? sequence(der(0x01, Buffer.from([0xff]))) : sequence(),
  );
  const alternatives = names.map((name) =>
    isIP(name) === 0 ? der(0x82, Buffer.from(name, 'ascii')) : der(0x87, addressBytes(name)),
  );
  if (alternatives.length === 0) return sequence(basic);
  return sequence(basic, extension('551d11', false, sequence(...alternatives)));
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(objectId(oid), ...flag, der(0x04, value));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  if (address === '::1') return Buffer.concat([Buffer.alloc(15), Buffer.from([1])]);
  throw new Error(`no test needs a certificate for ${address}`);
}

function nameOf(commonName: string): Buffer {
  return sequence(
    der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName, 'utf8')))),
  );
}

/** GeneralizedTime, which unlike UTCTime reaches beyond 2049. */
function time(epochMs: number): Buffer {
  const text = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(text, 'ascii'));
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const head =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => der(0x30, ...contents);
const tagged = (number: number, content: Buffer): Buffer => der(0xa0 + number, content);
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes);
const ECDSA_WITH_SHA256 = sequence(objectId('2a8648ce3d040302'));

function pem(label: string, data: Buffer): string {
  const lines = data.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
