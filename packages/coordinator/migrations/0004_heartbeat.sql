-- What watched jobs report: one row per heartbeat monitor, written with its revision.
create table heartbeat (
  monitor        text primary key references monitor (id),
  -- Period and grace of the newest revision.
  window_ms      bigint not null check (window_ms > 0),
  -- Silence beyond this is a failure. Moved on by ok pings, and by times when none could be stored.
  due_at         timestamptz not null,
  -- Whether the latest report, other than a start, is a failure.
  failing        boolean not null default false,
  message        text,
  last_ok_at     timestamptz,
  last_fail_at   timestamptz,
  last_start_at  timestamptz
);

-- One row: until when pings could be stored. What is missing up to now is nobody's silence.
create table listening (
  only_row     boolean primary key default true check (only_row),
  heard_until  timestamptz not null
);
