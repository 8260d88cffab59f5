// How long looking back takes, what a row costs on disk, and how fast rollups are made.
//
//     npm run build && node bench/storage/main.mjs --url postgres://... [--raw 2000000] [--reuse]
//
// Makes a database `trustmonitor_bench` on that server (an older one of that name is dropped): raw
// rows for the newest days, and the rollups that 100 million raw rows leave behind (130 monitors, 3
// regions, a round every 30 s, 90 days). docs/benchmarks/storage.md has the figures.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { historyOf, uptimeOf } from '../../packages/coordinator/dist/rollup/history.js';
import { rollUp } from '../../packages/coordinator/dist/rollup/roll-up.js';
import { openDatabase } from '../../packages/coordinator/dist/store/database.js';
import { migrate } from '../../packages/coordinator/dist/store/migrate.js';
import { ensurePartitionsBetween } from '../../packages/coordinator/dist/store/partitions.js';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    raw: { type: 'string', default: '2000000' },
    // Measures again on the database that an earlier run has left.
    reuse: { type: 'boolean', default: false },
  },
});
if (options.url === undefined) throw new Error('--url of a PostgreSQL server is needed');

const DAY_MS = 86_400_000;
const MONITORS = 130;
const REGIONS = ['ap', 'eu', 'us'];
const DAYS = 90;
const today = Math.floor(Date.now() / DAY_MS);
const nowMs = today * DAY_MS + DAY_MS / 2;
/** Milliseconds of raw rows, at one result in each region every 30 s. */
const rawMs = Math.round((Number(options.raw) / MONITORS / REGIONS.length) * 30_000);

const url = await benchDatabase(options.url);
const database = await openDatabase({ url });
const sql = async (text, values) => (await database.query(text, values)).rows;
try {
  await migrate(database);
  await ensurePartitionsBetween(database, today - DAYS, today + 1);
  if (!options.reuse) {
    await timed('raw rows', fillRaw);
    await timed('rollups', fillRollups);
    await timed('vacuum analyze', vacuum);
  }
  await reportSizes();
  await measureRolling();
  await measureReading();
} finally {
  await database.close();
}

/** It takes longer than a statement of the coordinator may. */
async function vacuum() {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('vacuum analyze');
  await client.end();
}

async function benchDatabase(serverUrl) {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  if (!options.reuse) {
    await client.query('drop database if exists trustmonitor_bench with (force)');
    await client.query('create database trustmonitor_bench');
  }
  await client.end();
  const made = new URL(serverUrl);
  made.pathname = '/trustmonitor_bench';
  return made.href;
}

async function timed(what, work) {
  const start = performance.now();
  await work();
  console.error(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** In slices: a statement may take 30 s. The leaf is as long as that of an https check. */
async function fillRaw() {
  const definition = JSON.stringify({ intervalMs: 30_000 });
  await sql("insert into monitor select 'm' || m, 1, 0 from generate_series(1, $1::int) m", [
    MONITORS,
  ]);
  await sql(`insert into monitor_revision select id, 1, $1, repeat('x', 32)::bytea from monitor`, [
    definition,
  ]);
  const step = 3_600_000;
  for (let from = nowMs - rawMs; from < nowMs; from += step) {
    const span = [new Date(from), new Date(Math.min(from + step, nowMs) - 1)];
    await sql(
      `insert into round
       select overlay(overlay(uuid7_floor(at)::text placing '7' from 15)
                placing right(md5(m || at::text), 12) from 25)::uuid, 'm' || m, 1, at, at, 'up', 2,
              '[]', '[]'
         from generate_series(1, ${MONITORS}) m,
              generate_series($1::timestamptz, $2, interval '30 s') at`,
      span,
    );
    await sql(
      `insert into result (round, agent, attempt, final, monitor, region, outcome, duration_ms,
                           total_us, counted, batch, batch_index, leaf)
       select id, region || '-1', 1, true, monitor, region, 'up', 100,
              (20000 * exp(random() * 3))::bigint, true, repeat('x', 32)::bytea, 0,
              repeat(md5(id::text), 37)
         from round, unnest($3::text[]) as region
        where id >= uuid7_floor($1) and id < uuid7_floor($2)`,
      [...span, REGIONS],
    );
  }
}

/** Each level over all the time that it is kept for. */
async function fillRollups() {
  const levels = [
    { level: 'day', step: '1 day', days: DAYS, results: 2_880, buckets: 75 },
    { level: 'hour', step: '1 hour', days: DAYS, results: 120, buckets: 55 },
    { level: 'minute', step: '1 minute', days: 7, results: 2, buckets: 2 },
  ];
  for (const { level, step, days, results, buckets } of levels) {
    for (let day = today - days; day <= today; day += 1) {
      const span = [new Date(day * DAY_MS), new Date(Math.min((day + 1) * DAY_MS, nowMs) - 1)];
      const ms = results * 30_000;
      await sql(
        `insert into rollup_${level}
         select 'm' || m, region, at, ${results}, 0, 0, 0, null, ${results} * 100000,
                array(select (250 + b)::smallint from generate_series(1, ${buckets}) b),
                array(select ${Math.ceil(results / buckets)} from generate_series(1, ${buckets}))
           from generate_series($1::timestamptz, $2, interval '${step}') at,
                generate_series(1, ${MONITORS}) m, unnest($3::text[]) as region`,
        [...span, REGIONS],
      );
      await sql(
        `insert into verdict_${level}
         select 'm' || m, at, ${results}, 0, 0, 0, 0, ${ms}, 0, 0, 0, 0
           from generate_series($1::timestamptz, $2, interval '${step}') at,
                generate_series(1, ${MONITORS}) m`,
        span,
      );
    }
  }
  // Today is due, as it always is, and so is the hour that runs.
  await sql(
    `insert into rollup_due select 'day', id, $1::timestamptz from monitor
      union all select 'hour', id, $2::timestamptz from monitor`,
    [new Date(today * DAY_MS), new Date(nowMs - 3_600_000)],
  );
}

async function reportSizes() {
  const rows = await sql(
    `select coalesce(parent.relname, c.relname) as name,
            sum(pg_total_relation_size(c.oid))::float8 as bytes, sum(c.reltuples) as rows
       from pg_class c left join pg_inherits on inhrelid = c.oid
       left join pg_class parent on parent.oid = inhparent
      where c.relkind = 'r' and coalesce(parent.relname, c.relname) ~
            '^(round|result|rollup_(minute|hour|day)|verdict_(minute|hour|day))$'
      group by 1 order by 1`,
  );
  console.log('| table | rows | bytes a row | MB |\n| --- | ---: | ---: | ---: |');
  for (const { name, bytes, rows: count } of rows) {
    console.log(
      `| \`${name}\` | ${count} | ${Math.round(bytes / count)} | ${Math.round(bytes / 1e6)} |`,
    );
  }
}

/** One hour of raw rows, made anew: minutes, and the hour of them. */
async function measureRolling() {
  const hour = Math.floor(nowMs / 3_600_000 - 2) * 3_600_000;
  await sql(
    `insert into rollup_dirty
     select at, array(select id from monitor)
       from generate_series($1::timestamptz, $2, interval '1 minute') at`,
    [new Date(hour), new Date(hour + 3_599_999)],
  );
  const start = performance.now();
  const buckets = await rollUp(database, { rawDays: 14, minuteDays: 7 }, nowMs);
  const ms = performance.now() - start;
  const results = 120 * MONITORS * REGIONS.length;
  console.log(
    `\nrolling up an hour: ${results} results, ${buckets} buckets, ${ms.toFixed(0)} ms, ` +
      `${Math.round(results / (ms / 1000))} results/s`,
  );
}

async function measureReading() {
  const monitorOf = (n) => ({
    definition: { id: `m${n}`, intervalMs: 30_000 },
    createdAt: new Date((today - 400) * DAY_MS),
  });
  const ago = (days) => ({ fromMs: nowMs - days * DAY_MS, toMs: null });
  const reads = {
    'uptime, 90 days': (m) => uptimeOf(database, m, '90d', nowMs),
    'history, 90 days by day': (m) => historyOf(database, m, { ...ago(90), step: '1d' }, nowMs),
    'history, 30 days by hour': (m) => historyOf(database, m, { ...ago(30), step: '1h' }, nowMs),
    'history, 24 hours by minute': (m) => historyOf(database, m, { ...ago(1), step: '1m' }, nowMs),
    'uptime, 24 hours': (m) => uptimeOf(database, m, '24h', nowMs),
  };
  console.log('\n| read | p50 ms | p95 ms | max ms |\n| --- | ---: | ---: | ---: |');
  for (const [name, read] of Object.entries(reads)) {
    const times = [];
    for (let n = 1; n <= MONITORS; n += 1) {
      const start = performance.now();
      await read(monitorOf(n));
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    const at = (q) => times[Math.ceil(q * times.length) - 1].toFixed(1);
    console.log(`| ${name} | ${at(0.5)} | ${at(0.95)} | ${at(1)} |`);
  }
}
