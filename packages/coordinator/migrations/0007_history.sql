-- History that stays small: what incidents are proven by outlives its day, everything else raw is
-- dropped with it, and rollups by minute, hour and day keep what people look back at.

-- The two ways between a UUIDv7 and its time of birth.
create function uuid7_floor(at timestamptz) returns uuid
  language sql immutable strict parallel safe
  return (lpad(to_hex((extract(epoch from at at time zone 'UTC') * 1000)::bigint), 12, '0')
          || repeat('0', 20))::uuid;
create function uuid7_time(id uuid) returns timestamptz
  language sql immutable strict parallel safe
  return to_timestamp(
    ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0::double precision);

-- The time that latencies are made of; null for rows of earlier versions.
alter table result add column total_us bigint;

-- Rounds that records name, or that a change under way will name, with every result of them:
-- moved here when their day is dropped, and never dropped.
create table kept_round (like round including all);
create table kept_result (like result including all);
create index kept_result_by_batch on kept_result (batch);
create index batch_by_time on batch (received_at);
create index record_by_time on record (recorded_at);

-- Whose batch it is, so that a batch is proved to its witness also when its payload is gone.
alter table log_entry add column agent text;
update log_entry e set agent = b.agent from batch b where b.digest = e.digest;
create index log_entry_by_agent on log_entry (agent, idx) where agent is not null;

-- Minutes in which something was written, each with the monitors that it is about: one or two rows
-- per transaction, only ever appended to, and taken away by the roller. What a transaction that
-- is still open wrote is seen when it commits, so nothing is passed over.
create table rollup_dirty (
  minute    timestamptz not null,
  monitors  text[] not null
);

-- Hours and days whose rollup is not what its parts say: none yet, or an older one. They are read
-- from their parts meanwhile.
create table rollup_due (
  level    text not null check (level in ('hour', 'day')),
  monitor  text not null,
  at       timestamptz not null,
  primary key (level, monitor, at)
);

-- Bucket i holds latencies in (gamma^(i-1), gamma^i] microseconds: rollup/histogram.ts.
create function latency_bucket(total_us bigint) returns smallint
  language sql immutable strict parallel safe
  return least(ceil(ln(greatest(total_us, 1)::double precision)
                    / ln(1.02::double precision / 0.98::double precision)), 1000)::smallint;

-- What the final results of one region said, by the time of their round.
create table rollup_minute (
  monitor   text not null,
  region    text not null,
  at        timestamptz not null,
  up        integer not null,
  down      integer not null,
  abstain   integer not null,
  -- Of those up: slower than the monitor allows, where the vote counted.
  slow      integer not null,
  -- Failure class -> number.
  failures  jsonb,
  -- Of those up.
  total_us  bigint not null,
  buckets   smallint[] not null,
  counts    integer[] not null,
  primary key (monitor, at, region)
) partition by range (at);
create table rollup_minute_default partition of rollup_minute default;
create table rollup_hour (like rollup_minute including all) partition by range (at);
create table rollup_hour_default partition of rollup_hour default;
-- One row a day: a thousand monitors in five regions make less than two million rows a year.
create table rollup_day (like rollup_minute including all);

-- What rounds decided, and how long it stood.
create table verdict_minute (
  monitor      text not null,
  at           timestamptz not null,
  up           integer not null,
  degraded     integer not null,
  partial      integer not null,
  down         integer not null,
  unknown      integer not null,
  up_ms        integer not null,
  degraded_ms  integer not null,
  partial_ms   integer not null,
  down_ms      integer not null,
  unknown_ms   integer not null,
  primary key (monitor, at)
) partition by range (at);
create table verdict_minute_default partition of verdict_minute default;
create table verdict_hour (like verdict_minute including all) partition by range (at);
create table verdict_hour_default partition of verdict_hour default;
create table verdict_day (like verdict_minute including all);
