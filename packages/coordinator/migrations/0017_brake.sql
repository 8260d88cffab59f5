-- Coordinators that hold incidents back, because much of what they watch failed at once; see
-- src/brake/flip.ts. One that died does not note it anew, and counts no more.
create table fleet_brake (
  coordinator  text primary key,
  since        timestamptz not null,
  noted_at     timestamptz not null,
  -- Monitors that were failing when it began, of those whose verdict was settled.
  flipped      integer not null,
  settled      integer not null
);
