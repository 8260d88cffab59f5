/** What theory says, and how far a count may be from it. */

/** P(at least `k` of `n`), each with probability `p`. */
export function atLeast(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = k; i <= n; i++) sum += choose(n, i) * p ** i * (1 - p) ** (n - i);
  return sum;
}

/**
 * False incidents per round with independent failures, to first order: a round is down by
 * chance, and so is the one that confirms it. What it leaves out is that failures in the rounds
 * before make the engine ask for more than two (`grey.ts`), so it is an upper bound but for
 * terms of higher order in p.
 */
export function falseIncidents(n: number, k: number, p: number, mode: 'rotate' | 'all'): number {
  const verified = atLeast(k, n, p);
  const first = mode === 'all' ? verified : p * atLeast(k - 1, n - 1, p);
  return first * verified;
}

/** 95 % interval of the mean of a Poisson count (Garwood 1937), by bisection; for k <= 1,000. */
export function poissonInterval(count: number): readonly [number, number] {
  if (count > 1_000) {
    const spread = 1.96 * Math.sqrt(count);
    return [count - spread, count + spread];
  }
  const low = count === 0 ? 0 : bisect((mean) => 1 - atMost(count - 1, mean) - 0.025, count);
  return [low, bisect((mean) => 0.025 - atMost(count, mean), count)];
}

/** P(X <= k) for a Poisson mean. */
function atMost(k: number, mean: number): number {
  let sum = 0;
  let logTerm = -mean;
  for (let i = 0; i <= k; i++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log(mean) - Math.log(i + 1);
  }
  return sum;
}

/** Where a rising function crosses zero, between 0 and well above `count`. */
function bisect(f: (mean: number) => number, count: number): number {
  let low = 1e-12;
  let high = count + 10 * Math.sqrt(count + 1) + 10;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}
