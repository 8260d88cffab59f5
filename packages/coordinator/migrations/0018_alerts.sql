-- Alerts between what happens and what people are told of it; see src/alerts/ and packages/alerting.

-- What happened, with the message that tells it: written with it, and routed once.
create table alert_event (
  id         bigint generated always as identity primary key,
  -- The alert: an incident's id, or whatever names another kind of alert from its beginning to its end.
  key        text not null,
  step       text not null check (step in ('opened', 'updated', 'acknowledged', 'resolved')),
  -- What is known of the alert by then.
  facts      jsonb not null,
  message    jsonb not null,
  at         timestamptz not null default now(),
  -- Null until it is routed.
  routed_at  timestamptz
);
create index alert_event_new on alert_event (id) where routed_at is null;
create index alert_event_by_key on alert_event (key, id);
create index alert_event_by_age on alert_event (routed_at);

-- The state of the router. What is over is kept to be shown.
create table alert (
  key         text primary key,
  state       jsonb not null,
  ended_at    timestamptz,
  updated_at  timestamptz not null default now()
);
create index alert_open on alert (key) where ended_at is null;
create index alert_by_end on alert (ended_at);

-- Messages that are put together, one row for each group and channel.
create table alert_group (
  key    text primary key,
  state  jsonb not null
);

-- What is remembered of a monitor beyond its incidents: whether it flaps.
create table alert_monitor (
  monitor         text primary key,
  state           jsonb not null,
  flapping_since  timestamptz
);

-- Raised with every change of the above. Who routes holds the row, and reads everything anew where
-- the version is not the one that it left.
create table alert_turn (
  only_row  boolean primary key default true check (only_row),
  version   bigint not null
);
insert into alert_turn (version) values (0);

-- Who is told, as a tree; without a row every channel is told of everything.
create table routing (
  only_row    boolean primary key default true check (only_row),
  definition  jsonb not null,
  updated_at  timestamptz not null default now()
);

-- A message can be about several incidents, and keeps its place among the others about each.
alter table outbox add column incidents uuid[];
create index outbox_by_incidents on outbox using gin (incidents);

create function tell_alerts_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('tm_alert', '');
  return null;
end $$;
create trigger alert_event_written after insert on alert_event
  for each statement execute function tell_alerts_changed();
create trigger routing_written after insert or update or delete on routing
  for each statement execute function tell_alerts_changed();
