/** The policy of a network whose agents are its witnesses, as a key ring states it. */
import { formatVkey, type NoteKey } from './vkey.ts';

export interface NamedWitness {
  readonly name: string;
  readonly key: NoteKey;
}

export interface StatedPolicy {
  /** C2SP tlog-policy text. */
  readonly witness: string;
  /** How many witnesses may lie without moving a time bracket. */
  readonly f: number;
}

/**
 * A strict majority of the witnesses must cosign: two histories of the log would need a witness
 * that cosigns both. One less than that majority may lie about the time.
 */
export function majorityPolicy(log: NoteKey, witnesses: readonly NamedWitness[]): StatedPolicy {
  // A network before its first agent: there is nobody to ask.
  if (witnesses.length === 0) {
    return { witness: `log ${formatVkey(log)}\nquorum none\n`, f: 0 };
  }
  const threshold = Math.floor(witnesses.length / 2) + 1;
  const names = witnesses.map(({ name }) => name);
  return {
    witness: [
      `log ${formatVkey(log)}`,
      ...witnesses.map(({ name, key }) => `witness ${name} ${formatVkey(key)}`),
      `group agents ${threshold} ${names.join(' ')}`,
      'quorum agents',
      '',
    ].join('\n'),
    f: threshold - 1,
  };
}
