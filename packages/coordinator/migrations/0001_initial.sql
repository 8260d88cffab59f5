-- PostgreSQL 15 or newer. PostgreSQL is the only truth: what is not here did not happen.

-- Monitors. Each edit is a new, immutable revision.
create table monitor (
  id          text primary key,
  revision    integer not null check (revision > 0),
  shard       smallint not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  deleted_at  timestamptz
);

create table monitor_revision (
  monitor       text not null references monitor (id),
  revision      integer not null check (revision > 0),
  definition    jsonb not null,
  check_digest  bytea not null check (octet_length(check_digest) = 32),
  -- Values of the secrets that the definition refers to, each encrypted (secrets.ts).
  sealed_secrets  jsonb not null default '{}',
  created_at    timestamptz not null default now(),
  primary key (monitor, revision)
);

-- The engine's state, as the engine serialises it, without the open round.
create table monitor_state (
  monitor        text primary key references monitor (id),
  state          jsonb not null,
  verdict        text,
  last_round_at  timestamptz not null,
  updated_at     timestamptz not null default now()
);

-- Key rings as signed; regions, groups and agents are read from the newest one.
create table keyring (
  version      bigint primary key,
  digest       bytea not null unique check (octet_length(digest) = 32),
  envelope     jsonb not null,
  imported_at  timestamptz not null default now()
);

create table agent_status (
  agent            text primary key,
  region           text not null,
  version          text not null,
  started_at       timestamptz not null,
  last_seen_at     timestamptz not null,
  skew_ms          bigint,
  spooled_batches  bigint not null
);

-- Rounds and results are partitioned by day on their UUIDv7, whose first 48 bits are the time
-- of birth: uniqueness needs no second column, and a day is dropped as a whole.
create table round (
  id         uuid not null,
  monitor    text not null,
  revision   integer not null,
  opened_at  timestamptz not null,
  closed_at  timestamptz not null,
  verdict    text not null,
  required   integer not null,
  members    jsonb not null,
  votes      jsonb not null,
  primary key (id)
) partition by range (id);
create index round_by_monitor on round (monitor, id desc);
create table round_default partition of round default;

-- One row per attempt that an agent reported. `leaf` is the signed canonical text and holds
-- every field; the columns beside it are what queries need.
create table result (
  round        uuid not null,
  agent        text not null,
  attempt      smallint not null,
  final        boolean not null,
  monitor      text not null,
  region       text not null,
  outcome      text not null,
  failure      text,
  duration_ms  bigint not null,
  counted      boolean not null,
  batch        bytea not null,
  batch_index  smallint not null,
  leaf         text not null,
  received_at  timestamptz not null default now(),
  primary key (round, agent, attempt)
) partition by range (round);
create table result_default partition of result default;

-- What agents signed: with the hashes of all its leaves, any audit path can be rebuilt.
create table batch (
  digest       bytea primary key check (octet_length(digest) = 32),
  agent        text not null,
  seq          bigint not null,
  envelope     text not null,
  leaf_hashes  bytea not null check (octet_length(leaf_hashes) % 32 = 0),
  received_at  timestamptz not null default now()
);
create index batch_by_agent on batch (agent, seq);

create table incident (
  id           uuid primary key,
  monitor      text not null references monitor (id),
  kind         text not null check (kind in ('down', 'partial')),
  verdict      text not null,
  summary      jsonb not null,
  opened_at    timestamptz not null,
  resolved_at  timestamptz
);
-- At most one open incident per monitor, whatever goes wrong above.
create unique index incident_one_open on incident (monitor) where resolved_at is null;
create index incident_by_time on incident (id desc);

-- The chain of signed statements about an incident. Nothing here is ever updated.
create table record (
  digest       bytea primary key check (octet_length(digest) = 32),
  incident     uuid not null references incident (id),
  step_number  integer not null check (step_number > 0),
  step         text not null,
  envelope     jsonb not null,
  recorded_at  timestamptz not null,
  unique (incident, step_number)
);

create table channel (
  id          text primary key,
  definition  jsonb not null,
  updated_at  timestamptz not null default now()
);

-- One row per message to one channel, written with what it is about. Delivered at least once,
-- always under the same id.
create table outbox (
  id               uuid primary key default gen_random_uuid(),
  channel          text not null,
  incident         uuid references incident (id),
  payload          jsonb not null,
  created_at       timestamptz not null default now(),
  next_attempt_at  timestamptz not null default now(),
  attempts         integer not null default 0,
  last_error       text,
  delivered_at     timestamptz,
  given_up_at      timestamptz
);
create index outbox_due on outbox (next_attempt_at)
  where delivered_at is null and given_up_at is null;

create table token (
  id            bigint generated always as identity primary key,
  name          text not null,
  hash          bytea not null unique check (octet_length(hash) = 32),
  scopes        text[] not null,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz,
  last_used_at  timestamptz
);

create table audit (
  id       bigint generated always as identity primary key,
  at       timestamptz not null default now(),
  actor    text not null,
  action   text not null,
  subject  text not null,
  detail   jsonb not null default '{}'
);

-- Who may decide. A coordinator takes the lease by raising the epoch, and every transaction
-- that decides checks its epoch: one that was paused and comes back can write nothing.
create table lease (
  shard       smallint primary key,
  owner       text not null,
  epoch       bigint not null,
  renewed_at  timestamptz not null default now()
);
