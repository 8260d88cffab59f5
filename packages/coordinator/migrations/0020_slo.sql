-- Service level objectives: those about several monitors, and what people were told of any.
-- A monitor's own objective is part of its definition.

create table slo (
  id          text primary key,
  definition  jsonb not null,
  -- The name under which it was applied; null for one that was made over the API.
  owner       text,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);
create index slo_by_owner on slo (owner, id) where owner is not null;

-- Error budgets that burn, as people know of it; see packages/alerting/src/slo/alert.ts. A row stays
-- for as long as there is something to remember.
create table slo_alert (
  -- An objective's id, or `monitor:` and the id of a monitor.
  slo     text not null,
  sli     text not null check (sli in ('availability', 'latency')),
  firing  text[] not null,
  told    text,
  known   text,
  -- Since when people know; null while they were not told.
  since   timestamptz,
  primary key (slo, sli)
);

-- Where bad time is: budgets that do not burn are not even looked at.
create index verdict_minute_bad on verdict_minute (at, monitor)
  where down_ms + degraded_ms + partial_ms > 0;
