/**
 * One lie told in a bundle, so that everybody can see that it is found out. Keys keep their order and
 * nothing else changes, so that the file is still well-formed and the lie alone is at fault.
 */
import type { Bundle, IncidentStatement } from '@trustmonitor/protocol';
import { textOf } from './statement.ts';

export interface Lie {
  readonly id: string;
  readonly title: string;
  /** What somebody would want of it. */
  readonly why: string;
  /** Null where the bundle has nothing of that kind to change. */
  readonly tell: (bundle: Bundle) => Told | null;
}

export interface Told {
  readonly bundle: Bundle;
  readonly where: string;
  readonly before: string;
  readonly after: string;
}

export const LIES: readonly Lie[] = [
  {
    id: 'vote',
    title: 'Turn a vote around',
    why: 'The provider says: that region saw us up.',
    tell: turnVote,
  },
  {
    id: 'verdict',
    title: 'Change what was decided',
    why: 'The record shall say something milder.',
    tell: (bundle) => rewriteRecord(bundle, 'predicate.verdict', milderVerdict),
  },
  {
    id: 'time',
    title: 'Move the beginning',
    why: 'A shorter outage costs less.',
    tell: (bundle) => rewriteRecord(bundle, 'predicate.openedAt', laterOpening),
  },
  {
    id: 'quorum',
    title: 'Change the quorum rule',
    why: 'Under another rule it would have been no incident.',
    tell: (bundle) => rewriteRecord(bundle, 'predicate.policy.quorum', otherQuorum),
  },
  {
    id: 'signature',
    title: 'Flip one bit of the signature',
    why: 'Somebody without the key signs for the network.',
    tell: flipSignature,
  },
  {
    id: 'drop',
    title: 'Leave out a vote',
    why: 'What is not there cannot be read.',
    tell: dropVote,
  },
];

/** The text of a bundle with the lie in it. */
export const textOfBundle = (bundle: Bundle): string => JSON.stringify(bundle);

function turnVote(bundle: Bundle): Told | null {
  const at = bundle.votes.findIndex(({ leaf }) => leaf.includes('"outcome":"down"'));
  const vote = bundle.votes[at];
  if (vote === undefined) return null;
  const leaf = vote.leaf.replace('"outcome":"down"', '"outcome":"up"');
  const votes = bundle.votes.with(at, { ...vote, leaf });
  return { bundle: { ...bundle, votes }, where: `votes/${at}/leaf`, before: 'down', after: 'up' };
}

type Change = (statement: IncidentStatement) => { before: string; after: string };

function rewriteRecord(bundle: Bundle, where: string, change: Change): Told | null {
  const statement = JSON.parse(textOf(bundle.incident.payload)) as IncidentStatement;
  const { before, after } = change(statement);
  if (before === after) return null;
  const incident = { ...bundle.incident, payload: base64Of(JSON.stringify(statement)) };
  return { bundle: { ...bundle, incident }, where: `incident/${where}`, before, after };
}

function milderVerdict({ predicate }: IncidentStatement): { before: string; after: string } {
  const before = predicate.verdict;
  predicate.verdict = before === 'degraded' ? 'up' : 'degraded';
  return { before, after: predicate.verdict };
}

function laterOpening({ predicate }: IncidentStatement): { before: string; after: string } {
  const before = predicate.openedAt;
  predicate.openedAt = new Date(Date.parse(before) + 60_000).toISOString();
  return { before, after: predicate.openedAt };
}

function otherQuorum({ predicate }: IncidentStatement): { before: string; after: string } {
  const before = predicate.policy.quorum;
  predicate.policy.quorum = before === 'all' ? 'any' : 'all';
  return { before, after: predicate.policy.quorum };
}

function flipSignature(bundle: Bundle): Told | null {
  const [signature] = bundle.incident.signatures;
  if (signature === undefined) return null;
  const raw = atob(signature.sig);
  // Within R, whose bytes may be any.
  const at = 8;
  const flipped = String.fromCodePoint((raw.codePointAt(at) ?? 0) ^ 1);
  const sig = btoa(raw.slice(0, at) + flipped + raw.slice(at + 1));
  const incident = { ...bundle.incident, signatures: [{ ...signature, sig }] };
  return {
    bundle: { ...bundle, incident },
    where: 'incident/signatures/0/sig',
    before: `${signature.sig.slice(0, 16)}…`,
    after: `${sig.slice(0, 16)}…`,
  };
}

function dropVote(bundle: Bundle): Told | null {
  if (bundle.votes.length === 0) return null;
  return {
    bundle: { ...bundle, votes: bundle.votes.slice(1) },
    where: 'votes',
    before: `${bundle.votes.length} votes`,
    after: `${bundle.votes.length - 1} votes`,
  };
}

function base64Of(text: string): string {
  const raw = new TextEncoder().encode(text);
  return btoa(Array.from(raw, (byte) => String.fromCodePoint(byte)).join(''));
}
