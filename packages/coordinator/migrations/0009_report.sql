-- Signed reports of uptime, one for each monitor and period that was asked for. They are logged like
-- records, and never dropped.
create table report (
  digest      bytea primary key check (octet_length(digest) = 32),
  monitor     text not null references monitor (id),
  starts_at   timestamptz not null,
  ends_at     timestamptz not null check (ends_at > starts_at),
  envelope    jsonb not null,
  created_at  timestamptz not null default now(),
  unique (monitor, starts_at, ends_at)
);

alter table log_entry drop constraint log_entry_kind_check;
alter table log_entry add constraint log_entry_kind_check
  check (kind in ('batch', 'record', 'keyring', 'report'));
