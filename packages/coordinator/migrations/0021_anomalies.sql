-- Monitors whose answers are right and not as they usually are; see src/anomalies/. Shown, never signed.
-- A row is there for as long as the anomaly is. What is usual itself is made of the rollups.
create table monitor_anomaly (
  monitor       text not null,
  kind          text not null check (kind in ('latency', 'shape')),
  -- Of a check that was changed since, nothing goes on.
  check_digest  text not null,
  began_at      timestamptz not null,
  summary       text not null,
  -- Standard deviations, in the region in the middle; null where they are none.
  z             double precision,
  -- Region -> what was usual there before it began; null where that is not known.
  regions       jsonb not null,
  primary key (monitor, kind)
);
