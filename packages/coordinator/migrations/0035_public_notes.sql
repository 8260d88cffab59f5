-- What people say about an incident is for those who are signed in, unless they say that it is for all:
-- then public status pages show it.
alter table incident_note add column is_public boolean not null default false;
