import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import {
  concat,
  decodeHex,
  encodeBase64Url,
  encodeHex,
  encodeUtf8,
  isUsableKey,
  jwkOf,
  keyIdOf,
  nobleVerifier,
  publicKeyOf,
  signerFromSeed,
} from '@trustmonitor/evidence';
import { generateSigner, nodeVerifier } from '@trustmonitor/evidence/node';

const BACK_ENDS = [nobleVerifier, nodeVerifier];

/** What both back ends say; fails when they differ. */
function verdict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const [noble, node] = BACK_ENDS.map((each) => each.verify(publicKey, message, signature));
  expect(noble).toBe(node);
  return noble!;
}

// RFC 8032 section 7.1.
const RFC_8032 = [
  {
    name: 'TEST 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'TEST 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'TEST 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    name: 'TEST SHA(abc)',
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    key: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
];

describe('Ed25519 (RFC 8032)', () => {
  it.each(RFC_8032)('$name', ({ seed, key, message, signature }) => {
    const signer = signerFromSeed(decodeHex(seed));
    expect(encodeHex(signer.publicKey)).toBe(key);
    expect(encodeHex(signer.sign(decodeHex(message)))).toBe(signature);
    expect(verdict(decodeHex(key), decodeHex(message), decodeHex(signature))).toBe(true);
    expect(verdict(decodeHex(key), encodeUtf8('another'), decodeHex(signature))).toBe(false);
  });

  it('signs alike in both back ends, and each verifies the other', () => {
    const message = encodeUtf8('across');
    const signers = [generateSigner(), signerFromSeed(new Uint8Array(32).fill(9))];
    for (const signer of signers) {
      const signature = signer.sign(message);
      expect(verdict(signer.publicKey, message, signature)).toBe(true);
      for (const at of [0, 31, 32, 63]) {
        const changed = signature.slice();
        changed[at]! ^= 1;
        expect(verdict(signer.publicKey, message, changed)).toBe(false);
      }
    }
  });

  it('refuses what has the wrong length, without throwing', () => {
    const signer = signerFromSeed(new Uint8Array(32));
    const { publicKey } = signer;
    const message = encodeUtf8('m');
    const signature = signer.sign(message);
    expect(verdict(publicKey.subarray(1), message, signature)).toBe(false);
    expect(verdict(publicKey, message, signature.subarray(1))).toBe(false);
    expect(verdict(new Uint8Array(0), message, new Uint8Array(0))).toBe(false);
    expect(() => signerFromSeed(new Uint8Array(31))).toThrow(
      expect.objectContaining({ code: 'key.invalid' }),
    );
  });
});

// ed25519-speccheck (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", table 5).
const SPECCHECK = [
  {
    what: 'small-order A and R, S = 0',
    m: '8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6',
    a: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    s: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000',
  },
  {
    what: 'small-order A, mixed-order R',
    m: '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    a: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    s: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04',
  },
  {
    what: 'mixed-order A, small-order R',
    m: 'aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab',
    a: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    s: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e',
  },
  {
    what: 'mixed-order A and R, both equations hold',
    m: '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    a: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    s: '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
  },
  {
    what: 'mixed-order A and R, only the cofactored equation holds',
    m: 'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    a: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    s: '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
  },
  {
    what: 'mixed-order A, prime-order R, only the cofactored equation holds',
    m: 'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    a: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    s: '21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405',
  },
  {
    what: 'S above the group order',
    m: '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    a: '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    s: 'e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514',
  },
  {
    what: 'S far above the group order',
    m: '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    a: '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    s: '8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22',
  },
  {
    what: 'non-canonical R, hashed as it is',
    m: 'fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a',
    a: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    s: 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607',
  },
  {
    what: 'non-canonical R, hashed reduced',
    m: '84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1',
    a: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    s: 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09',
  },
];

describe('both back ends refuse every signature that libraries disagree on', () => {
  it.each(SPECCHECK)('$what', ({ m, a, s }) => {
    expect(verdict(decodeHex(a), decodeHex(m), decodeHex(s))).toBe(false);
  });

  const order = Point.CURVE().n;
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const scalar = 0x1234567890abcdef1234567890abcdefn;
  const nonce = 0xfedcba0987654321fedcba0987654321n;
  const message = encodeUtf8('edge');
  const multiples = Array.from({ length: 8 }, (_, i) =>
    Array.from({ length: i }).reduce<Point>((sum) => sum.add(torsion), Point.ZERO),
  );

  /** Signs with A and R each moved by a torsion point, so that the cofactored equation holds. */
  function signWith(publicKey: Uint8Array, r: Uint8Array, secret: bigint, rScalar: bigint) {
    const k = bigint(sha512(concat(r, publicKey, message))) % order;
    return concat(r, littleEndian((rScalar + k * secret) % order));
  }

  const keys = multiples.flatMap((moved, i) => [
    {
      name: `A of prime order + torsion ${i}`,
      point: Point.BASE.multiply(scalar).add(moved),
      secret: scalar,
      clean: i === 0,
    },
    { name: `A of small order ${i}`, point: moved, secret: 0n, clean: false },
  ]);
  it.each(keys)('$name, with every kind of R', ({ point, secret, clean }) => {
    const publicKey = point.toBytes();
    expect(isUsableKey(publicKey)).toBe(clean);
    for (const [i, moved] of multiples.entries()) {
      const prime = Point.BASE.multiply(nonce).add(moved).toBytes();
      expect(verdict(publicKey, message, signWith(publicKey, prime, secret, nonce))).toBe(
        clean && i === 0,
      );
      const small = moved.toBytes();
      expect(verdict(publicKey, message, signWith(publicKey, small, secret, 0n))).toBe(false);
    }
  });

  it('a second encoding of a key or of S', () => {
    const publicKey = Point.BASE.multiply(scalar).toBytes();
    const r = Point.BASE.multiply(nonce).toBytes();
    const signature = signWith(publicKey, r, scalar, nonce);
    const s = bigint(signature.subarray(32));
    expect(verdict(publicKey, message, signature)).toBe(true);
    expect(verdict(publicKey, message, concat(r, littleEndian(s + order)))).toBe(false);
  });

  // Encodings with y >= p, and x = 0 with its sign bit set.
  it.each([
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}ff`,
    `${'ff'.repeat(31)}7f`,
    `01${'00'.repeat(30)}80`,
    `ec${'ff'.repeat(30)}ff`,
    `02${'00'.repeat(31)}`,
  ])('the key %s is not usable', (key) => {
    expect(isUsableKey(decodeHex(key))).toBe(false);
    expect(verdict(decodeHex(key), message, new Uint8Array(64))).toBe(false);
  });
});

describe('key ids and JWKs (RFC 8037 appendix A, RFC 7638)', () => {
  const seed = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url');

  it('have the thumbprint and signature of the RFC', () => {
    const signer = signerFromSeed(seed);
    expect(jwkOf(signer.publicKey)).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      alg: 'Ed25519',
    });
    const input = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc';
    expect(encodeBase64Url(signer.sign(encodeUtf8(input)))).toBe(
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    );
  });

  it('are refused when the kid is of another key, or the key of small order', () => {
    const mine = jwkOf(signerFromSeed(seed).publicKey);
    const other = keyIdOf(signerFromSeed(new Uint8Array(32)).publicKey);
    const refused = expect.objectContaining({ code: 'key.invalid' });
    expect(() => publicKeyOf({ ...mine, kid: other })).toThrow(refused);
    expect(() => publicKeyOf(jwkOf(Point.ZERO.toBytes()))).toThrow(refused);
  });
});

function littleEndian(value: bigint): Uint8Array {
  return decodeHex(value.toString(16).padStart(64, '0')).toReversed();
}

function bigint(littleEndianBytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(littleEndianBytes.toReversed())}`);
}
