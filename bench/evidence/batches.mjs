// What a signature costs per result, when many results share it.
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { nobleVerifier, openBatch, sealBatch } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { printTable, time } from './measure.mjs';
import { agents, headerOf, resultOf, trusted } from './network.mjs';

const SEALED_AT_MS = Date.parse('2026-01-31T12:00:00.150Z');

export function measureBatches() {
  const [agent] = agents;
  const rows = [1, 16, 256, 4_096].map((size) => {
    const results = Array.from({ length: size }, (_, i) =>
      resultOf(agent, { monitor: `monitor-${i}` }),
    );
    const seal = () =>
      sealBatch(headerOf(agent, 1, SEALED_AT_MS), results, agent.vote, nodeVerifier.sha256);
    const { message } = seal();
    const sealUs = time(seal) / size;
    const openUs = time(() => openBatch(message, trusted, nodeVerifier)) / size;
    const portableUs = time(() => openBatch(message, trusted, nobleVerifier)) / size;
    return [
      size,
      Math.round(message.length / size),
      sealUs.toFixed(1),
      openUs.toFixed(1),
      Math.round(1e6 / openUs),
      portableUs.toFixed(1),
    ];
  });
  printTable(
    'Sealing and opening a batch: CPU per result',
    ['results', 'bytes', 'seal us', 'open us', 'opened/s', 'open us (portable)'],
    rows,
  );
  measureReference();
}

/** What nobody gets below: a bare signature and its verification, of as many bytes as are signed. */
function measureReference() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = new Uint8Array(324);
  const signature = sign(null, message, privateKey);
  const signUs = time(() => sign(null, message, privateKey));
  const verifyUs = time(() => verify(null, message, publicKey, signature));
  console.log(`  bare Ed25519: sign ${signUs.toFixed(1)} us, verify ${verifyUs.toFixed(1)} us`);
}
