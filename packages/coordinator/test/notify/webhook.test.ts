/** Standard Webhooks: signatures that a receiver of its own can check. */
import { createHmac, generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { webhookHeaders } from '../../src/notify/webhook.ts';

const attempt = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  atSeconds: 1_614_265_330,
  body: '{"test": 2432232314}',
};
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test('v1 is the signature that the libraries of Standard Webhooks give as their example', () => {
  expect(webhookHeaders(attempt, [SECRET])).toEqual({
    'webhook-id': attempt.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('v1a verifies under the public key, of a seed and of a key pair; each secret signs', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  const [seed, point] = [jwk.d!, jwk.x!].map((text) => Buffer.from(text, 'base64url'));
  const pair = Buffer.concat([seed!, point!]);
  const secrets = [SECRET, `whsk_${seed!.toString('base64')}`, `whsk_${pair.toString('base64')}`];
  const signatures = webhookHeaders(attempt, secrets)['webhook-signature']!.split(' ');
  expect(signatures.map((each) => each.split(',')[0])).toEqual(['v1', 'v1a', 'v1a']);
  const content = Buffer.from(`${attempt.id}.${attempt.atSeconds}.${attempt.body}`);
  for (const each of signatures.slice(1)) {
    const signature = Buffer.from(each.split(',')[1]!, 'base64');
    expect(verify(null, content, publicKey, signature)).toBe(true);
  }
  const key = Buffer.from(SECRET.slice(6), 'base64');
  const mac = createHmac('sha256', key).update(content).digest('base64');
  expect(signatures[0]).toBe(`v1,${mac}`);
});

test('without a secret there is no signature', () => {
  expect(Object.keys(webhookHeaders(attempt))).toEqual(['webhook-id', 'webhook-timestamp']);
});
