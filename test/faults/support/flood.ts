/** Jobs that no coordinator has decided on, sent to all regions: results as fast as agents can. */
import { connectBus, sendJob } from '@trustmonitor/bus';
import { formatTimestamp, makeUuid7, shardOf, type HttpCheck } from '@trustmonitor/protocol';
import type { World } from './world.ts';

const EVERY_MS = 20;

export interface Flood {
  readonly jobs: number;
  stop(): Promise<void>;
}

/** Each job is of a monitor of its own name, so that the results are of all shards. */
export async function startFlood(
  { network, regions, sql }: World,
  monitor: string,
  jobsPerSecond: number,
): Promise<Flood> {
  const [row] = await sql.rows<{ definition: { check: HttpCheck }; digest: string }>(
    `select definition, encode(check_digest, 'hex') as digest
       from monitor_revision where monitor = $1`,
    [monitor],
  );
  if (row === undefined) throw new Error(`no monitor ${monitor}`);
  const { brokerUrl, brokerSeed } = network;
  const bus = await connectBus({ url: brokerUrl, client: 'coordinator', seed: brokerSeed });
  let jobs = 0;
  const began = performance.now();
  const send = (): void => {
    const due = ((performance.now() - began) / 1_000) * jobsPerSecond;
    for (; jobs < due; jobs += 1) {
      const id = `flood-${jobs % 256}`;
      sendJob(bus, {
        v: 1,
        network: 'e2e',
        round: makeUuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
        monitor: id,
        region: regions[jobs % regions.length]!,
        shard: shardOf(id),
        phase: 'verify',
        issuedAt: formatTimestamp(Date.now()),
        expiresInMs: 5_000,
        check: { digest: row.digest, definition: row.definition.check },
        secrets: {},
      });
    }
  };
  const timer = setInterval(send, EVERY_MS);
  return {
    get jobs() {
      return jobs;
    },
    async stop() {
      clearInterval(timer);
      await bus.close();
    },
  };
}
