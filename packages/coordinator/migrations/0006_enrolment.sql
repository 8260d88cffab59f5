-- Permission to join, given out for an hour at most: good once, for one region.
create table join_token (
  id          bigint generated always as identity primary key,
  hash        bytea not null unique check (octet_length(hash) = 32),
  region      text not null,
  -- The only name that may join with it; null for any that is free.
  agent       text,
  created_by  text not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  used_at     timestamptz,
  used_by     text
);

-- What the broker knows enrolled agents by. Their vote keys are in the key ring.
create table enrolled_agent (
  agent        text primary key,
  nkey         text not null,
  enrolled_at  timestamptz not null default now()
);
