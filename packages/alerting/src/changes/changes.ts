/** What is not as it was when all was well: by what regions saw then, and see now. */
import type { Result } from '@trustmonitor/protocol';

/** The part of a result that is compared. */
export type Seen = Pick<Result, 'region' | 'response' | 'phases'>;

/** A phase is told of from three times as long on, and a tenth of a second. */
const SLOWER_TIMES = 3;
const SLOWER_BY_US = 100_000;
/** As many as a person reads. */
const MOST_TOLD = 8;

const PHASES = {
  resolveUs: 'resolving the name',
  connectUs: 'connecting',
  tlsUs: 'the TLS handshake',
  processingUs: 'the first byte of the answer',
  transferUs: 'the rest of the answer',
} as const;

/**
 * In words, each change once with the regions that see it: most regions first. What a region sees now
 * is compared with what the same region saw last, else with what any other did. `before` and `now`
 * have each region once; none of what was never measured is a change.
 */
export function changesSince(before: readonly Seen[], now: readonly Seen[]): string[] {
  const regionsOf = new Map<string, string[]>();
  for (const seen of now) {
    const last = before.find(({ region }) => region === seen.region) ?? before[0];
    if (last === undefined) return [];
    for (const words of changesOf(last, seen)) {
      regionsOf.set(words, [...(regionsOf.get(words) ?? []), seen.region]);
    }
  }
  return [...regionsOf]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_TOLD)
    .map(([words, regions]) => `${words} (${regions.join(', ')})`);
}

function changesOf(before: Seen, now: Seen): string[] {
  const words: string[] = [];
  const [was, is] = [before.response, now.response];
  if (was !== null && is !== null) {
    // One of several that the name had already is no change.
    if (is.address !== null && was.address !== null && !knows(was, is.address)) {
      words.push(`the address is ${is.address}, was ${was.address}`);
    }
    words.push(...certificateChange(was, is));
    if (is.status !== null && was.status !== null && is.status !== was.status) {
      words.push(`the status is ${is.status}, was ${was.status}`);
    }
    words.push(...bodyChange(was, is));
  }
  return [...words, ...slowerPhases(before, now)];
}

type Observed = NonNullable<Seen['response']>;

const knows = (was: Observed, address: string): boolean =>
  was.address === address || was.addresses.includes(address);

function certificateChange({ certificates: was }: Observed, { certificates: is }: Observed) {
  const [before, now] = [was[0], is[0]];
  if (before === undefined || now === undefined || before.sha256 === now.sha256) return [];
  const until = (at: string): string => at.slice(0, 10);
  const old = `${before.sha256.slice(0, 12)}, until ${until(before.notAfter)}`;
  return [
    `the certificate is ${now.sha256.slice(0, 12)}, until ${until(now.notAfter)}; it was ${old}`,
  ];
}

/** By its hash; by its size where no hash is kept. */
function bodyChange(was: Observed, is: Observed): string[] {
  if (was.bodyBytes === null || is.bodyBytes === null) return [];
  const isSame =
    was.bodySha256 === null || is.bodySha256 === null
      ? was.bodyBytes === is.bodyBytes
      : was.bodySha256 === is.bodySha256;
  return isSame ? [] : [`the body is another one: ${is.bodyBytes} bytes, was ${was.bodyBytes}`];
}

function slowerPhases({ phases: was }: Seen, { phases: is }: Seen): string[] {
  return (Object.keys(PHASES) as (keyof typeof PHASES)[]).flatMap((phase) => {
    const [before, now] = [was[phase], is[phase]];
    if (before === null || now === null) return [];
    if (now < before * SLOWER_TIMES || now - before < SLOWER_BY_US) return [];
    return [`${PHASES[phase]} took ${millis(now)} ms, was ${millis(before)} ms`];
  });
}

const millis = (us: number): number => Math.round(us / 1_000);
