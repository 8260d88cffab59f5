-- The transparency log: a Merkle tree (RFC 9162) over batch heads, incident records and key
-- rings. Appended in the same transaction as what it records, so that it has neither gaps nor
-- forks, wherever a coordinator dies.

-- One row. Locked by whoever appends: appends of all coordinators stand in one line.
create table log_state (
  only_row  boolean primary key default true check (only_row),
  size      bigint not null,
  -- Heads of the full subtrees, the largest first.
  frontier  bytea[] not null
);
insert into log_state (size, frontier) values (0, '{}');

-- What each leaf is made of. `digest` names the payload, which is served beside it.
create table log_entry (
  idx     bigint primary key,
  kind    text not null check (kind in ('batch', 'record', 'keyring')),
  digest  bytea not null unique check (octet_length(digest) = 32),
  body    bytea not null
);

-- Up to 256 hashes a row (https://c2sp.org/tlog-tiles), appended to at the right edge.
create table log_tile (
  level   smallint not null,
  idx     bigint not null,
  hashes  bytea not null check (octet_length(hashes) between 32 and 8192
                                and octet_length(hashes) % 32 = 0),
  primary key (level, idx)
);

-- Tree heads that the log signed. `cosigned` is the same note with as many witnesses as the
-- policy asks for; null until they have answered.
create table checkpoint (
  size         bigint primary key,
  root         bytea not null check (octet_length(root) = 32),
  note         text not null,
  cosigned     text,
  -- SHA-256 of `cosigned`: what agents name in `seen`.
  note_digest  bytea unique,
  created_at   timestamptz not null default now()
);
create index checkpoint_cosigned on checkpoint (size) where cosigned is not null;
