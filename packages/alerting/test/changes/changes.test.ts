import { changesSince, type Seen } from '@trustmonitor/alerting';
import { expect, test } from 'vitest';

const CERTIFICATE = { sha256: 'ab'.repeat(32), notAfter: '2026-05-01T12:00:00.000Z' };
const RESPONSE: NonNullable<Seen['response']> = {
  ...{ address: '192.0.2.10', addresses: ['192.0.2.10', '192.0.2.11'], family: 4 },
  ...{ httpVersion: '1.1', status: 200, headers: {}, bodyBytes: 512, redirects: [] },
  ...{ bodySha256: 'cd'.repeat(32), certificates: [CERTIFICATE], tlsVersion: 'TLSv1.3' },
  ...{ tlsCipher: null, tlsVerified: true, dns: null, icmp: null, failedAssertions: [] },
};
const PHASES: Seen['phases'] = {
  ...{ resolveUs: 1_000, connectUs: 10_000, tlsUs: 50_000, processingUs: 40_000 },
  ...{ transferUs: null, totalUs: 101_000 },
};
const seen = (
  region: string,
  response: Partial<NonNullable<Seen['response']>> | null = {},
  phases: Partial<Seen['phases']> = {},
): Seen => ({
  region,
  response: response === null ? null : { ...RESPONSE, ...response },
  phases: { ...PHASES, ...phases },
});

test('what is as it was is no change', () => {
  expect(changesSince([seen('eu')], [seen('eu')])).toEqual([]);
  // Another of the addresses that the name had; and no answer at all.
  expect(changesSince([seen('eu')], [seen('eu', { address: '192.0.2.11' })])).toEqual([]);
  expect(changesSince([seen('eu')], [seen('eu', null)])).toEqual([]);
  expect(changesSince([], [seen('eu', { status: 503 })])).toEqual([]);
});

test.each<[string, Seen, string]>([
  ['address', seen('eu', { address: '192.0.2.99' }), 'the address is 192.0.2.99, was 192.0.2.10'],
  ['status', seen('eu', { status: 503 }), 'the status is 503, was 200'],
  [
    'certificate',
    seen('eu', {
      certificates: [{ sha256: 'ef'.repeat(32), notAfter: '2026-01-01T00:00:00.000Z' }],
    }),
    'the certificate is efefefefefef, until 2026-01-01; it was abababababab, until 2026-05-01',
  ],
  [
    'body',
    seen('eu', { bodySha256: 'ee'.repeat(32), bodyBytes: 9 }),
    'the body is another one: 9 bytes, was 512',
  ],
  [
    'size of a body without a hash',
    seen('eu', { bodySha256: null, bodyBytes: 513 }),
    'the body is another one: 513 bytes, was 512',
  ],
  ['phase', seen('eu', {}, { tlsUs: 150_000 }), 'the TLS handshake took 150 ms, was 50 ms'],
])('another %s is one', (_, now, words) => {
  expect(changesSince([seen('eu')], [now])).toEqual([`${words} (eu)`]);
});

test('a phase is slower from three times and a tenth of a second on', () => {
  const slower = (tlsUs: number, connectUs: number) =>
    changesSince([seen('eu')], [seen('eu', {}, { tlsUs, connectUs })]).length;
  // 149 ms is not three times 50; 30 ms is three times 10, and only 20 ms more.
  expect([slower(149_999, 30_000), slower(150_000, 109_999), slower(50_000, 110_000)]).toEqual([
    0, 1, 1,
  ]);
});

test('each is told once, with its regions, by what the region itself saw before, or another', () => {
  const before = [seen('eu', { status: 204 }), seen('us')];
  const now = [
    seen('us', { status: 503 }),
    seen('eu', { status: 204 }),
    seen('ap', { status: 204 }),
  ];
  expect(changesSince(before, now)).toEqual(['the status is 503, was 200 (us)']);
  const all = [seen('eu', { status: 503 }), seen('us', { status: 503, address: '::1' })];
  expect(changesSince([seen('us')], all)).toEqual([
    'the status is 503, was 200 (eu, us)',
    'the address is ::1, was 192.0.2.10 (us)',
  ]);
});
