/**
 * Which checkpoints to believe (https://c2sp.org/tlog-policy): the logs, the witnesses, and how
 * many of which witnesses must have cosigned.
 */
import { encodeHex } from '../encoding/hex.ts';
import { malformed } from '../errors.ts';
import { parseDecimal } from './checkpoint.ts';
import { parseVkey, type NoteKey } from './vkey.ts';

/** A witness, or a rule over others: at least `threshold` of `members`. */
export type QuorumNode =
  | { readonly kind: 'witness'; readonly name: string; readonly key: NoteKey }
  | {
      readonly kind: 'group';
      readonly name: string;
      readonly threshold: number;
      readonly members: readonly QuorumNode[];
    };

export interface WitnessPolicy {
  readonly logs: readonly NoteKey[];
  readonly witnesses: readonly { readonly name: string; readonly key: NoteKey }[];
  /** Null for `quorum none`: a checkpoint needs no cosignature. */
  readonly quorum: QuorumNode | null;
}

const MAX_LINES = 1_024;

/** Throws `message.malformed` or `key.invalid`, naming the line. */
export function parsePolicy(text: string): WitnessPolicy {
  const lines = text.split('\n');
  if (lines.length > MAX_LINES) throw malformed('the witness policy has too many lines');
  const builder = new PolicyBuilder();
  for (const [at, line] of lines.entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length > 0 && words[0]?.startsWith('#') !== true) builder.add(words, at + 1);
  }
  return builder.build();
}

/** Whether the witnesses of these names satisfy the quorum. */
export function meetsQuorum({ quorum }: WitnessPolicy, cosigned: ReadonlySet<string>): boolean {
  return quorum === null || holds(quorum, cosigned);
}

function holds(node: QuorumNode, cosigned: ReadonlySet<string>): boolean {
  if (node.kind === 'witness') return cosigned.has(node.name);
  return node.members.filter((member) => holds(member, cosigned)).length >= node.threshold;
}

class PolicyBuilder {
  readonly #logs: NoteKey[] = [];
  readonly #nodes = new Map<string, QuorumNode>();
  readonly #keys = new Set<string>();
  /** Names that are in a group: each witness counts in one way only. */
  readonly #grouped = new Set<string>();
  /** Undefined until the quorum line is read. */
  #quorum: QuorumNode | null | undefined;

  add([keyword, ...words]: readonly string[], line: number): void {
    const fail = (why: string) => malformed(`witness policy line ${line}: ${why}`);
    if (keyword === 'log') this.#addLog(words, fail);
    else if (keyword === 'witness') this.#addWitness(words, fail);
    else if (keyword === 'group') this.#addGroup(words, fail);
    else if (keyword === 'quorum') this.#setQuorum(words, fail);
    else throw fail(`"${keyword ?? ''}" is not a keyword`);
  }

  build(): WitnessPolicy {
    if (this.#quorum === undefined) throw malformed('the witness policy has no quorum line');
    const witnesses = [...this.#nodes.values()].filter((node) => node.kind === 'witness');
    return { logs: this.#logs, witnesses, quorum: this.#quorum };
  }

  #addLog([vkey, , ...rest]: readonly string[], fail: Fail): void {
    if (vkey === undefined || rest.length > 0) throw fail('write: log <vkey> [<url>]');
    this.#logs.push(this.#newKey(vkey, 'ed25519', fail));
  }

  #addWitness([name, vkey, , ...rest]: readonly string[], fail: Fail): void {
    if (name === undefined || vkey === undefined || rest.length > 0) {
      throw fail('write: witness <name> <vkey> [<url>]');
    }
    this.#define({ kind: 'witness', name, key: this.#newKey(vkey, 'cosignature', fail) }, fail);
  }

  #addGroup([name, rule, ...names]: readonly string[], fail: Fail): void {
    if (name === undefined || rule === undefined || names.length === 0) {
      throw fail('write: group <name> all|any|<k> <name>...');
    }
    const members = names.map((member) => this.#claim(member, fail));
    const threshold = thresholdOf(rule, members.length);
    if (!(threshold >= 1 && threshold <= members.length)) {
      throw fail(`"${rule}" is not a number from 1 to ${members.length}, all or any`);
    }
    this.#define({ kind: 'group', name, threshold, members }, fail);
  }

  #setQuorum([name, ...rest]: readonly string[], fail: Fail): void {
    if (this.#quorum !== undefined) throw fail('a second quorum line');
    if (name === undefined || rest.length > 0) throw fail('write: quorum <name>');
    this.#quorum = name === 'none' ? null : this.#known(name, fail);
  }

  #newKey(vkey: string, type: NoteKey['type'], fail: Fail): NoteKey {
    const key = parseVkey(vkey);
    if (key.type !== type) throw fail(`${key.name} is a key for another use`);
    const raw = encodeHex(key.publicKey);
    if (this.#keys.has(raw)) throw fail(`the key of ${key.name} is listed twice`);
    this.#keys.add(raw);
    return key;
  }

  #define(node: QuorumNode, fail: Fail): void {
    if (node.name === 'none' || this.#nodes.has(node.name)) {
      throw fail(`the name ${node.name} is taken`);
    }
    this.#nodes.set(node.name, node);
  }

  #claim(name: string, fail: Fail): QuorumNode {
    const node = this.#known(name, fail);
    if (this.#grouped.has(name)) throw fail(`${name} is in a group already`);
    this.#grouped.add(name);
    return node;
  }

  #known(name: string, fail: Fail): QuorumNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw fail(`${name} is not defined above`);
    return node;
  }
}

type Fail = (why: string) => Error;

function thresholdOf(rule: string, members: number): number {
  if (rule === 'all') return members;
  if (rule === 'any') return 1;
  return parseDecimal(rule, 'a group threshold');
}
