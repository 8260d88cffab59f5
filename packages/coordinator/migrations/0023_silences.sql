-- What people keep quiet on purpose, for a time; see packages/alerting.
create table silence (
  id          uuid primary key default uuid7(),
  match       jsonb not null,
  starts_at   timestamptz not null,
  ends_at     timestamptz not null,
  reason      text not null,
  created_at  timestamptz not null default now(),
  created_by  text not null,
  -- Ended by hand, before its time.
  ended_at    timestamptz,
  ended_by    text,
  check (starts_at < ends_at)
);
create index silence_by_end on silence (ends_at) where ended_at is null;
create trigger silence_written after insert or update on silence
  for each statement execute function tell_alerts_changed();
