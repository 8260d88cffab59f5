// Started by crash.test.ts as a process of its own: seals results without pause, "publishes"
// batches by writing them to stdout, and settles some. Dies by SIGKILL at the point it is given.
import { Buffer } from 'node:buffer';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { writeSync } from 'node:fs';

const [folder, keyFile, point, countText] = process.argv.slice(2);
let countdown = Number(countText);

function die() {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined); // Nothing after this line runs.
}

/** Dies at the n-th time that the process comes to its point. */
function at(name) {
  if (name !== point) return undefined;
  countdown -= 1;
  return countdown <= 0 ? die() : undefined;
}

// The process dies between real system calls, so they are counted here, before the spool loads.
const { open, rename, rm } = fs;
fs.rename = async (from, to) => {
  await at('before-rename');
  await rename(from, to);
  await at('after-rename');
};
fs.rm = async (path, options) => {
  await at('before-removal');
  await rm(path, options);
  await at('after-removal');
};
fs.open = async (path, flags, mode) => {
  const handle = await open(path, flags, mode);
  if (!String(path).endsWith('.tmp')) return handle;
  const writeFile = handle.writeFile.bind(handle);
  handle.writeFile = async (bytes) => {
    await at('before-write');
    if (point === 'half-written' && countdown <= 1) await writeFile(bytes.subarray(0, 500));
    await at('half-written');
    await writeFile(bytes);
    await at('after-write');
  };
  return handle;
};
syncBuiltinESMExports();

const { Spool } = await import('../../dist/spool/spool.js');
const { Attest } = await import('../../dist/attest/attest.js');
const { loadOrCreateSigner } = await import('@trustmonitor/evidence/node');
const { pino } = await import('pino');

const log = pino({ level: 'silent' });
const spool = await Spool.open(folder, 50_000_000, log);

function publish(batch, message) {
  writeSync(1, `${Buffer.from(message).toString('base64')}\n`);
  // Receipts come for most.
  if (batch.seq % 3 !== 0) spool.settle(batch);
}

for (const batch of spool.unsettled()) {
  const message = await spool.read(batch);
  if (message !== null) publish(batch, message);
}

const attest = new Attest({
  network: 'test-net',
  agent: 'eu-1',
  signer: loadOrCreateSigner(keyFile),
  keeper: spool,
  seen: () => null,
  inBacklog: () => false,
  onKept: (batches) => {
    at('before-publishing');
    for (const batch of batches) publish(batch, batch.message);
    at('after-publishing');
  },
  log,
});

process.on('message', (result) => attest.add({ shard: result.attempt, phase: 'verify' }, [result]));
process.once('SIGTERM', async () => {
  await attest.close();
  process.exit(0);
});
process.send('ready');
