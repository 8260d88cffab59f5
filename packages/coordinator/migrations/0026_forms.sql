-- The forms that a monitor's answers usually have; see packages/alerting/src/shape/. Learnt in memory and
-- written now and then, so that a restart does not forget how seldom they change.
create table monitor_form (
  monitor       text primary key references monitor (id),
  -- Of a check that was changed since, nothing is known.
  check_digest  text not null,
  facets        jsonb not null,
  updated_at    timestamptz not null default now()
);
