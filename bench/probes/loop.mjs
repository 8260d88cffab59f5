// Keeps `concurrency` probes in flight, or starts `perSecond` of them, and times each.
import { performance } from 'node:perf_hooks';

export async function measureLoop(probe, { concurrency, seconds, perSecond }) {
  const times = [];
  let failed = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;

  const once = async () => {
    const at = performance.now();
    if (!(await probe())) failed += 1;
    times.push(performance.now() - at);
  };
  const worker = async () => {
    while (performance.now() < endsAt) await once();
  };
  if (perSecond === undefined) {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } else {
    await paced(once, startedAt, endsAt, perSecond);
  }

  const elapsedMs = performance.now() - startedAt;
  times.sort((a, b) => a - b);
  const quantile = (q) => times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0;
  return {
    probes: times.length,
    failed,
    perSecond: (times.length * 1_000) / elapsedMs,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

/** Until the code is compiled and the pools are filled: what comes before is not measured. */
export async function warmUp(probe, { scheme, concurrency }) {
  const rounds = (scheme === 'https' ? 500 : 5_000) / concurrency;
  for (let i = 0; i < rounds; i += 1) {
    await Promise.all(Array.from({ length: concurrency }, probe));
  }
}

/** Starts do not wait for ends: what is slow is seen as slow, and not as rare. */
async function paced(once, startedAt, endsAt, perSecond) {
  const pending = [];
  let started = 0;
  while (performance.now() < endsAt) {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
    while (started < due) {
      started += 1;
      pending.push(once());
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
}
