-- Several coordinators. Each registers and renews; shards of monitors are leased to those that live.
create table coordinator (
  id          text primary key,
  -- Of the place that it runs in: a second one of the same name is the first, started again.
  name        text not null,
  started_at  timestamptz not null default now(),
  expires_at  timestamptz not null
);

-- The last turn that a coordinator has committed. A COMMIT whose answer was lost is tried again
-- under the same number, and not written twice. Apart from its registration, which would else
-- have to wait for the transaction that notes the turn.
create table turn (
  coordinator  text primary key,
  last         bigint not null
);

-- Who may decide about the monitors of a shard. Whoever takes it raises the epoch, and each
-- transaction that decides checks it: one that was paused and comes back can write nothing.
create table shard (
  id          smallint primary key,
  owner       text,
  epoch       bigint not null,
  expires_at  timestamptz not null
);
insert into shard (id, epoch, expires_at)
  select id, coalesce((select max(epoch) from lease), 0), 'epoch'
    from generate_series(0, 15) as id;
drop table lease;

-- Only one coordinator votes on heartbeat monitors, in one chain of batches: they share a shard.
update monitor m set shard = 0
  from monitor_revision r
 where r.monitor = m.id and r.revision = m.revision
   and r.definition -> 'check' ->> 'type' = 'heartbeat';
create index monitor_by_shard on monitor (shard) where deleted_at is null;
create index monitor_by_update on monitor (updated_at);

-- Whoever writes a monitor, all coordinators hear of it.
create function tell_monitor_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('tm_monitor', new.id);
  return null;
end $$;
create trigger monitor_changed after insert or update on monitor
  for each row execute function tell_monitor_changed();

-- Monitors that nothing can be said of, after people were to be told so; and what they were told.
create index monitor_state_unknown on monitor_state (monitor)
  where state -> 'unknown' -> 'alerted' = 'true'::jsonb;
create table self_alert (
  only_row  boolean primary key default true check (only_row),
  -- How many monitors were unknown when people were last told; 0: all are known.
  unknown   integer not null,
  at        timestamptz not null
);
insert into self_alert (unknown, at)
  select count(*), now() from monitor_state where state -> 'unknown' -> 'alerted' = 'true'::jsonb;
