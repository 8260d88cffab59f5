-- People who sign in with an identity provider. Each has a token that nobody holds the text of: their
-- sessions stand for it, the audit log has its name, and revoking it ends what they have open.
create table person (
  id            bigint generated always as identity primary key,
  issuer        text not null,
  -- The provider's own name for them, which no other person gets (OpenID Connect Core, section 2).
  subject       text not null,
  token_id      bigint not null references token on delete cascade,
  -- Which entries of the lists let them in: verified e-mail addresses and groups.
  entries       text[] not null,
  signed_in_at  timestamptz not null default now(),
  unique (issuer, subject)
);
