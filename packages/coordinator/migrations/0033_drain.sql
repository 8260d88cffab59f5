-- Regions and agents that operators have taken out for planned work; see src/drains/drain.ts.
create table drain (
  kind    text not null check (kind in ('region', 'agent')),
  name    text not null,
  since   timestamptz not null,
  -- The name of the token or of the person.
  by      text not null,
  reason  text not null,
  primary key (kind, name)
);
