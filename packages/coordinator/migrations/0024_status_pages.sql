-- Public status pages: what of which monitors is shown to anybody.
create table status_page (
  id          text primary key,
  definition  jsonb not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);
