-- What was deployed, as whoever deploys tells it. Never changed: another outcome is another row.
create table deployment (
  id            uuid primary key default uuid7(),
  service       text not null,
  version       text not null,
  committed_at  timestamptz,
  deployed_at   timestamptz not null,
  outcome       text not null check (outcome in ('succeeded', 'failed', 'rolled_back')),
  created_at    timestamptz not null default now(),
  created_by    text not null,
  check (committed_at <= deployed_at)
);
create index deployment_by_service on deployment (service, deployed_at);

-- What the gate decided: signed and logged like records, and never dropped.
create table gate_decision (
  id          uuid primary key,
  digest      bytea not null unique check (octet_length(digest) = 32),
  service     text not null,
  stage       text not null,
  outcome     text not null check (outcome in ('allowed', 'refused', 'indeterminate')),
  decided_at  timestamptz not null,
  envelope    jsonb not null
);
create index gate_decision_by_service on gate_decision (service, id desc);
create trigger gate_decision_append_only before update or delete on gate_decision
  for each row execute function refuse_change();
create trigger gate_decision_no_truncate before truncate on gate_decision
  for each statement execute function refuse_change();

alter table log_entry drop constraint log_entry_kind_check;
alter table log_entry add constraint log_entry_kind_check
  check (kind in ('batch', 'record', 'keyring', 'report', 'maintenance', 'decision'));
