// Timing and tables. Work inside this process is measured by the CPU that it used, which a busy
// machine hardly changes; what waits for others is measured by the clock.

const cpuUs = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Microseconds of CPU per call, over at least `leastMs` after warming up. */
export function time(call, leastMs = 400) {
  for (let i = 0; i < 3; i++) call();
  let calls = 0;
  let spentUs;
  // Asking for the CPU used takes tens of microseconds itself: it is asked for now and then.
  let atOnce = 1;
  const from = cpuUs();
  do {
    for (let i = 0; i < atOnce; i++) call();
    calls += atOnce;
    spentUs = cpuUs() - from;
    atOnce = Math.max(1, Math.floor((10_000 * calls) / Math.max(1, spentUs)));
  } while (spentUs < leastMs * 1_000);
  return spentUs / calls;
}

/** Microseconds of CPU that `work` takes. */
export async function timeOnce(work) {
  const from = cpuUs();
  await work();
  return cpuUs() - from;
}

/** Milliseconds of each of `count` calls by the clock, after some to warm up; ascending. */
export async function timeEach(call, count, warmUp) {
  for (let i = 0; i < warmUp; i++) await call();
  const times = [];
  for (let i = 0; i < count; i++) {
    const from = process.hrtime.bigint();
    await call();
    times.push(Number(process.hrtime.bigint() - from) / 1e6);
  }
  return times.toSorted((a, b) => a - b);
}

/** Of times in ascending order. */
export const quantile = (times, share) =>
  times[Math.min(times.length - 1, Math.floor(times.length * share))];

export function printTable(title, header, rows) {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const aligned = (cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  console.log(`\n${title}`);
  for (const row of cells) console.log(`  ${row.map(aligned).join('  ')}`);
}
