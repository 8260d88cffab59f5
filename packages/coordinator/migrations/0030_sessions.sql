-- People signed in to the console. A session stands for the token that it was begun with: it has that
-- token's scopes, and ends with it.
create table session (
  id            bigint generated always as identity primary key,
  hash          bytea not null unique check (octet_length(hash) = 32),
  token_id      bigint not null references token on delete cascade,
  created_at    timestamptz not null default now(),
  last_used_at  timestamptz not null default now(),
  expires_at    timestamptz not null
);
create index session_by_end on session (expires_at);

-- What a link to sign in carries: good once, and not for long.
create table sign_in_code (
  hash        bytea primary key check (octet_length(hash) = 32),
  token_id    bigint not null references token on delete cascade,
  expires_at  timestamptz not null
);
