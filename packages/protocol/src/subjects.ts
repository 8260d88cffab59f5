/** Every NATS subject, built in this one file; nothing else spells one. */
import { SHARD_COUNT } from './shards.ts';

const ROOT = 'tm.v1';

/** Jobs for one region; agents of the region share them in one queue group. */
export const jobSubject = (region: string): string => `${ROOT}.job.${region}`;

/** The queue group that spreads a region's jobs over its agents. */
export const jobQueue = (region: string): string => `agents.${region}`;

/** Result batches of one agent for one shard. The agent's name is in the subject so that the
 * broker's allow-list, not the message, says who may publish it. */
export const resultSubject = (shard: number, agent: string): string =>
  `${ROOT}.result.${shard}.${agent}`;

/** All results of one shard, or of all shards. */
export const resultsOfShard = (shard: number | '*'): string => `${ROOT}.result.${shard}.*`;

/** What one agent may publish results to. */
export const resultsOfAgent = (agent: string): string => `${ROOT}.result.*.${agent}`;

/** Heartbeats: a request from the agent, answered with the coordinator's time. */
export const beatSubject = (region: string, agent: string): string =>
  `${ROOT}.beat.${region}.${agent}`;

/** All heartbeats. */
export const allBeats = `${ROOT}.beat.*.*`;

/** Checkpoints for one agent to cosign, as a witness. */
export const witnessSubject = (agent: string): string => `${ROOT}.witness.${agent}`;

/** An agent's answers as a witness. */
export const cosignSubject = (agent: string): string => `${ROOT}.cosign.${agent}`;

/** All answers of witnesses. */
export const allCosignatures = `${ROOT}.cosign.*`;

/** Cosigned checkpoints, for all agents. */
export const seenSubject = `${ROOT}.seen`;

/** Receipts and replies come to an inbox that only this client may read. */
export const inboxPrefix = (client: string): string => `_INBOX.${client}`;

/** Everything that arrives in one client's inbox. */
export const inboxOf = (client: string): string => `${inboxPrefix(client)}.>`;

/** Where receipts for an agent's batches go. */
export const receiptSubject = (agent: string): string => `${inboxPrefix(agent)}.receipt`;

/**
 * What each kind of client may do on the broker: allow-lists only, handed to the broker with
 * the client's public key.
 */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

export function agentPermissions(agent: string, region: string): Permissions {
  return {
    publish: [resultsOfAgent(agent), beatSubject(region, agent), cosignSubject(agent)],
    subscribe: [jobSubject(region), witnessSubject(agent), seenSubject, inboxOf(agent)],
  };
}

/**
 * What a leaf server (deploy/nats/leaf.conf) may carry for the agents of its region that are named. Its
 * agents show their own credentials to it, too; this holds for whoever has the leaf's.
 *
 * A server tells a leaf of an interest with wildcards only by the literal subjects that the leaf may
 * publish, so results are listed shard by shard. And nats-server 2.9 looks for a queue's subscription
 * under its subject and its queue as if they were one subject, of one token more.
 */
export function leafPermissions(region: string, agents: readonly string[]): Permissions {
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
  return {
    publish: agents.flatMap((agent) => [
      ...shards.map((shard) => resultSubject(shard, agent)),
      beatSubject(region, agent),
      cosignSubject(agent),
    ]),
    subscribe: [
      jobSubject(region),
      `${jobSubject('*')}.${region}`,
      seenSubject,
      ...agents.flatMap((agent) => [witnessSubject(agent), inboxOf(agent)]),
    ],
  };
}

export function coordinatorPermissions(client: string): Permissions {
  return {
    publish: [jobSubject('*'), witnessSubject('*'), seenSubject, '_INBOX.*.>'],
    subscribe: [resultsOfShard('*'), allBeats, allCosignatures, inboxOf(client)],
  };
}
