/**
 * What must hold after every scenario, whatever went wrong in it. Each is asked of the system from
 * outside: of its database, its API, its webhook, its processes, and the offline verifier.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import { say } from './scale.ts';
import type { World } from './world.ts';

const CLI = resolve(import.meta.dirname, '../../../packages/cli/dist/main.js');
const run = promisify(execFile);

const STEADY_LIMIT_MS = 60_000;
/** A process of the CLI takes half a second: of more incidents, as many evenly chosen ones. */
const VERIFIED_AT_MOST = 8;
const MEMORY_MB_AT_MOST = 100;
/** In its first half hour the coordinator learns of each monitor how it usually answers, in each region. */
const MEMORY_MB_OF_MONITOR = 0.01;
const DESCRIPTORS_AT_MOST = 30;

/** Memory and open descriptors of each process of the network. */
export type Footprint = ReadonlyMap<string, { readonly rssMb: number; readonly open: number }>;

export async function footprint({ network }: Pick<World, 'network'>): Promise<Footprint> {
  const found = new Map<string, { rssMb: number; open: number }>();
  for (const [name, { pid }] of network.running) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const kb = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
    if (kb !== undefined) found.set(name, { rssMb: Number(kb) / 1024, open: open.length });
  }
  return found;
}

/** Waits until all is as the truth is, then holds everything against I1 to I7. */
export async function expectInvariants(
  world: World,
  fault: string,
  before: Footprint,
  steadyLimitMs = STEADY_LIMIT_MS,
): Promise<void> {
  const healedAt = performance.now();
  await becomesSteady(world, steadyLimitMs);
  const seconds = ((performance.now() - healedAt) / 1_000).toFixed(1);
  await expectStoredOnce(world);
  await expectOneIncident(world);
  const rounds = await expectTruth(world);
  const told = await expectTold(world);
  await expectFenced(world);
  const verified = await expectVerified(world);
  await expectBounded(world, before);
  say(
    fault,
    `I1-I7 hold; steady ${seconds} s after healing; ${rounds} rounds, ` +
      `${told} messages, ${verified} incidents verified`,
  );
}

/** I7: within 60 s of healing all monitors are as they are in truth, and nothing waits. */
async function becomesSteady(
  { network: { api }, truth, sql }: World,
  limitMs: number,
): Promise<void> {
  await until(
    'the network to be steady',
    async () => {
      const agents = (await api.agents()).data;
      if (agents.some((agent) => agent.state !== 'alive' || (agent.spooledBatches ?? 0) > 20)) {
        return null;
      }
      const states = await sql.rows<{ monitor: string; verdict: string }>(
        'select monitor, verdict from monitor_state',
      );
      const verdicts = new Map(states.map(({ monitor, verdict }) => [monitor, verdict]));
      const isTrue = (id: string) => verdicts.get(id) === (truth.isDown(id) ? 'down' : 'up');
      return truth.monitors.every(isTrue) ? true : null;
    },
    limitMs,
  );
}

/** I1: agents number their batches from 1, and let go of one on its receipt only. */
async function expectStoredOnce({ sql, regions }: World): Promise<void> {
  const ends = await until(
    'batches of all agents that follow each other without a gap',
    async () => {
      const chains = await sql.rows<{ agent: string; n: number; last: number; distinct: number }>(
        `select agent, count(*)::int as n, max(seq)::int as last, count(distinct seq)::int as distinct
         from batch group by agent`,
      );
      const whole = chains.every(({ n, last, distinct }) => n === last && distinct === last);
      return whole && chains.length >= regions.length ? chains : null;
    },
  );
  expect(ends.length).toBeGreaterThanOrEqual(regions.length);
  const missing = await sql.rows(
    `select b.agent, b.seq, octet_length(b.leaf_hashes) / 32 as sealed, count(r.*) as stored
       from batch b left join result r on r.batch = b.digest
      group by b.digest having count(r.*) <> octet_length(b.leaf_hashes) / 32`,
  );
  expect(missing, 'batches whose results are not all there').toEqual([]);
}

/** I2, for all of history: no incident begins before the one ahead of it has ended. */
async function expectOneIncident({ sql }: World): Promise<void> {
  const doubled = await sql.rows(
    `select * from (select id, monitor, opened_at, lag(coalesce(resolved_at, 'infinity'))
                      over (partition by monitor order by opened_at) as before from incident) i
      where opened_at < before`,
  );
  expect(doubled, 'incidents of one monitor at once').toEqual([]);
}

/** I4: no round said that a target was down or up which was not so at any time of it. */
async function expectTruth({ sql, truth }: World): Promise<number> {
  const rounds = await sql.rows<{ monitor: string; verdict: string; from: number; to: number }>(
    `select monitor, verdict, (extract(epoch from opened_at) * 1000)::float8 as from,
            (extract(epoch from closed_at) * 1000)::float8 as to from round`,
  );
  const known = new Set(truth.monitors);
  const false_ = rounds.filter(
    ({ monitor, verdict, from, to }) =>
      known.has(monitor) &&
      (verdict === 'down' || verdict === 'up') &&
      !truth.was(monitor, verdict, from, to),
  );
  expect(false_, 'rounds that say what was not so').toEqual([]);
  const unfounded = await sql.rows(
    `select i.id, i.monitor from incident i
      where i.kind = 'down' and not exists (
        select from round r where r.monitor = i.monitor and r.verdict = 'down'
           and r.closed_at <= i.opened_at + interval '1 second')`,
  );
  expect(unfounded, 'incidents without a round that was down').toEqual([]);
  return rounds.length;
}

/**
 * Incidents of which another thing was told than that they opened, and, where they did, that they
 * ended. Of monitors that flap people are told that they do.
 */
const WRONGLY_TOLD = `
  select i.id, i.monitor, i.resolved_at, o.types
    from incident i left join lateral (
      select array_agg(told.one ->> 'type' order by number, told.n) filter
               (where told.one ->> 'type' in ('incident.opened', 'incident.resolved')) as types
        from outbox
       cross join lateral jsonb_array_elements(
               coalesce(payload -> 'alerts', jsonb_build_array(payload))) with ordinality
               as told (one, n)
       where (incident = i.id or incidents @> array[i.id])
         and told.one ->> 'incident' = i.id::text) o on true
   where o.types is distinct from case when i.resolved_at is null
           then array['incident.opened'] else array['incident.opened', 'incident.resolved'] end
     and not exists (select from alert where key = 'flapping/' || i.monitor)`;

/** I5: one message for each beginning and each end, which has arrived. */
async function expectTold({ sql, receiver }: World): Promise<number> {
  // What is told together waits for up to 10 s.
  await until('every incident to be told of once', async () => {
    const wrong = await sql.rows(WRONGLY_TOLD);
    expect(wrong).toEqual([]);
    return true;
  });
  return until('all messages to arrive', async () => {
    const ids = await sql.rows<{ id: string }>('select id from outbox');
    const arrived = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    return ids.every(({ id }) => arrived.has(id)) ? ids.length : null;
  });
}

/** I6: whoever had gone on after its lease would have closed its rounds among another's. */
async function expectFenced({ sql }: World): Promise<void> {
  const overlapping = await sql.rows(
    `select * from (select monitor, id, opened_at,
                           lag(closed_at) over (partition by monitor order by opened_at) as before
                      from round) r
      where opened_at < before`,
  );
  expect(overlapping, 'rounds of one monitor at once').toEqual([]);
}

/** I3: by the command that an outsider uses, from files, without any network. */
async function expectVerified({ sql, network, verified }: World): Promise<number> {
  const all = (await sql.rows<{ id: string }>('select id from incident order by id')).filter(
    ({ id }) => !verified.has(id),
  );
  const step = Math.max(1, all.length / VERIFIED_AT_MOST);
  const chosen = Array.from({ length: Math.min(all.length, VERIFIED_AT_MOST) }, (_, i) => {
    return all[Math.floor(i * step)]!.id;
  });
  const folder = await mkdtemp(join(tmpdir(), 'tm-faults-bundles-'));
  try {
    for (const id of chosen) {
      const file = join(folder, `${id}.json`);
      await writeFile(file, await network.api.evidence(id));
      await run(process.execPath, [CLI, 'verify', file, '--root', network.rootFile], {
        env: { PATH: process.env['PATH'] },
      });
      verified.add(id);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return chosen.length;
}

/** I7: of those processes that ran before and after. */
async function expectBounded(world: World, before: Footprint): Promise<void> {
  const mostMb = MEMORY_MB_AT_MOST + MEMORY_MB_OF_MONITOR * world.truth.monitors.length;
  for (const [name, now] of await footprint(world)) {
    const then = before.get(name);
    if (then === undefined) continue;
    expect(now.rssMb - then.rssMb, `MB that ${name} grew`).toBeLessThan(mostMb);
    expect(now.open - then.open, `descriptors that ${name} keeps`).toBeLessThan(
      DESCRIPTORS_AT_MOST,
    );
  }
}
