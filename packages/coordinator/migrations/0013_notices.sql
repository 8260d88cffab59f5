-- Parts of the monitoring that fail, or did: one row from when it is sure until it is over.
-- See src/notices/notices.ts.
create table notice (
  id        uuid primary key default uuid7(),
  topic     text not null,
  -- Region or channel that it is about; empty where there is one of it only.
  subject   text not null,
  detail    text not null,
  -- Whether it alone keeps every monitor from being judged.
  blinds    boolean not null,
  -- Whether people were sent a message that it began; false while another message covers it.
  told      boolean not null,
  began_at  timestamptz not null,
  ended_at  timestamptz
);
create unique index notice_one_open on notice (topic, subject) where ended_at is null;
