-- Windows of maintenance, their occurrences, and what was announced of these in the log. See
-- src/maintenance/announce.ts.
create table maintenance_window (
  id             text primary key,
  -- Selector, schedule, reason and effect on uptime.
  definition     jsonb not null,
  -- Who has applied it as code; null for nobody.
  owner          text,
  -- Occurrences that begin before this are announced, or were never to be.
  planned_until  timestamptz not null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  -- Occurrences stay, so their window does.
  removed_at     timestamptz
);

create table maintenance_occurrence (
  id          uuid primary key,
  window_id   text not null references maintenance_window (id),
  -- As it was announced: the window may change later.
  definition  jsonb not null,
  starts_at   timestamptz not null,
  -- Brought forward when it is ended early; the same as the start where it was called off.
  ends_at     timestamptz not null check (ends_at >= starts_at),
  -- Bound when it was announced; sorted.
  monitors    text[] not null
);
create index maintenance_occurrence_by_end on maintenance_occurrence (ends_at);
create index maintenance_occurrence_by_window on maintenance_occurrence (window_id, starts_at);

create table maintenance_statement (
  digest       bytea primary key check (octet_length(digest) = 32),
  occurrence   uuid not null references maintenance_occurrence (id),
  step         text not null check (step in ('plan', 'end')),
  envelope     jsonb not null,
  recorded_at  timestamptz not null,
  unique (occurrence, step)
);

alter table log_entry drop constraint log_entry_kind_check;
alter table log_entry add constraint log_entry_kind_check
  check (kind in ('batch', 'record', 'keyring', 'report', 'maintenance', 'decision'));
