-- Regions that are not asked in rounds, and those that were; see src/quarantine/plan.ts.
create table quarantine (
  region           text primary key,
  reason           text not null check (reason in ('canaries', 'flagged', 'lost')),
  -- Null while it votes like any other.
  since            timestamptz,
  -- Probation: answers in a row that agreed, and since when.
  agreeing         integer not null default 0,
  agreeing_since   timestamptz,
  -- How often in a row, this time included.
  offence          integer not null default 1 check (offence > 0),
  released_at      timestamptz,
  -- When it was last kept in although it should go: the others could not have decided alone.
  withheld_at      timestamptz
);
