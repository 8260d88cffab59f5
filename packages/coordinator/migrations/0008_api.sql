-- What the HTTP API keeps for itself: tokens with scopes, an audit log that cannot be changed,
-- answers under an Idempotency-Key, events for whoever listens, notes on incidents, and bans.

-- UUID version 7 (RFC 9562 section 5.7): a random UUID under the milliseconds of now.
create function uuid7() returns uuid language sql volatile parallel safe as $$
  select encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
              placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint)
                                from 3)
              from 1 for 6),
      52, 1), 53, 1), 'hex')::uuid;
$$;

alter table token add column uid uuid not null unique default uuid7();
alter table token add column created_by text not null default 'system';
alter table token add column revoked_at timestamptz;
update token set scopes = '{admin}' where scopes @> '{write}';

alter table audit add column uid uuid not null unique default uuid7();
alter table audit add column address text;
alter table audit add column request_id text;
-- SHA-256 of the canonical JSON of what was there before and after; null where there was nothing.
alter table audit add column before bytea check (octet_length(before) = 32);
alter table audit add column after bytea check (octet_length(after) = 32);
create index audit_by_subject on audit (subject, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or deleted', tg_table_name using errcode = '55000';
end
$$;
create trigger audit_append_only before update or delete on audit
  for each row execute function refuse_change();
create trigger audit_no_truncate before truncate on audit
  for each statement execute function refuse_change();

-- An answer that was given under an Idempotency-Key, for the same request to get again.
create table idempotency (
  token        uuid not null,
  key          text not null,
  -- SHA-256 of method, path and body.
  request      bytea not null check (octet_length(request) = 32),
  -- Null while the request is being carried out.
  status       smallint,
  headers      jsonb,
  -- Encrypted like the secrets of monitors: an answer can be a new token.
  sealed_body  text,
  created_at   timestamptz not null default now(),
  primary key (token, key)
);
create index idempotency_by_age on idempotency (created_at);

-- What people say about an incident; never changed. At most one of them acknowledges it.
create table incident_note (
  id        uuid primary key default uuid7(),
  incident  uuid not null references incident (id),
  kind      text not null check (kind in ('ack', 'note')),
  actor     text not null,
  at        timestamptz not null default now(),
  note      text
);
create index incident_note_by_incident on incident_note (incident, id);
create unique index incident_note_one_ack on incident_note (incident) where kind = 'ack';
create index incident_by_monitor on incident (monitor, id desc);

-- What happened, for listeners: one row for each commit, in the order of commits. Kept for as
-- long as a listener may have been away.
create table event (
  seq     bigint generated always as identity primary key,
  at      timestamptz not null default now(),
  events  jsonb not null
);
create index event_by_age on event (at);

-- Whether the loss of an agent was told of already.
alter table agent_status add column lost boolean not null default false;

alter table outbox alter column id set default uuid7();
create index outbox_by_channel on outbox (channel, number desc);
create index outbox_by_incident on outbox (incident, number);

-- Addresses and tokens that the API does not serve for a while.
create table ban (
  id          uuid primary key default uuid7(),
  subject     text not null,
  reason      text not null,
  -- How often the subject was banned in a row, this time included.
  offence     integer not null check (offence > 0),
  started_at  timestamptz not null default now(),
  until       timestamptz not null,
  lifted_at   timestamptz,
  lifted_by   text
);
create index ban_by_subject on ban (subject, started_at desc);
create index ban_by_end on ban (until) where lifted_at is null;
