-- Messages of a channel that are about the same arrive in their order; about what is not the same, none
-- waits for another, however long that is refused.

-- What a message is about, as its story names it (src/notify/story.ts): an incident, a topic, an
-- objective, an agent. Messages of one channel that share a key keep their order.
alter table outbox add column keys text[];

-- Of a channel with several recipients: those who have not got it, once others have.
alter table outbox add column recipients text[];

-- For what is there already, and what coordinators of the release before write while it is replaced.
create function outbox_keys(message jsonb) returns text[] language plpgsql immutable as $$
begin
  return array_remove(coalesce(case
    when message ->> 'type' = 'alerts.grouped' then
      (select array_agg(key) from jsonb_array_elements(message -> 'alerts') as one,
              unnest(outbox_keys(one)) as key)
    when message ? 'incident' then array[message ->> 'incident']
    when message ->> 'type' in ('monitor.flapping', 'monitor.settled') then
      array['flapping/' || (message #>> '{monitor,id}')]
    when message ->> 'type' in ('monitor.anomalous', 'monitor.normal') then
      array['anomaly/' || (message ->> 'kind') || '/' || (message #>> '{monitor,id}')]
    when message ->> 'type' in ('slo.burning', 'slo.recovered') then
      array['slo/' || (message ->> 'slo') || '/' || (message ->> 'sli')]
    when message ->> 'type' in ('monitoring.unknown', 'monitoring.restored') then
      array['monitoring.unknown']
    when message ->> 'type' in ('monitoring.failing', 'monitoring.recovered') then
      case when message -> 'subjects' = '[]' then array[message ->> 'topic'] else
        (select array_agg((message ->> 'topic') || '/' || subject)
           from jsonb_array_elements_text(message -> 'subjects') as subject) end
    when message ->> 'type' = 'monitoring.agents_flagged' then
      (select array_agg('agent/' || (agent ->> 'agent'))
         from jsonb_array_elements(message -> 'agents') as agent)
  end, array[message ->> 'type']), null);
end $$;

create function set_outbox_keys() returns trigger language plpgsql as $$
begin
  new.keys := outbox_keys(new.payload);
  return new;
end $$;
create trigger outbox_without_keys before insert on outbox
  for each row when (new.keys is null) execute function set_outbox_keys();

update outbox set keys = outbox_keys(payload) where delivered_at is null and given_up_at is null;

-- Who waits for whom: a row for each key of each message that waits, kept by the triggers below. It is the
-- index that PostgreSQL has not got: over the elements of an array and an order. With a GIN index on the
-- keys, the planner takes minutes over 100,000 messages that wait where its statistics are old; with this
-- one it has no choice, and a claim takes 2 ms.
create table outbox_turn (
  channel  text not null,
  key      text not null,
  number   bigint not null,
  primary key (channel, key, number)
);
insert into outbox_turn
  select distinct channel, key, number from outbox, unnest(keys) as key
   where delivered_at is null and given_up_at is null;

create function take_outbox_turn() returns trigger language plpgsql as $$
begin
  insert into outbox_turn
    select distinct new.channel, key, new.number from unnest(new.keys) as key;
  return null;
end $$;
create trigger outbox_waits after insert on outbox for each row
  when (new.delivered_at is null and new.given_up_at is null) execute function take_outbox_turn();

create function leave_outbox_turn() returns trigger language plpgsql as $$
begin
  delete from outbox_turn
   where channel = old.channel and key = any(old.keys) and number = old.number;
  return null;
end $$;
create trigger outbox_done after update of delivered_at, given_up_at on outbox for each row
  when (new.delivered_at is not null or new.given_up_at is not null)
  execute function leave_outbox_turn();
create trigger outbox_gone after delete on outbox for each row
  when (old.delivered_at is null and old.given_up_at is null) execute function leave_outbox_turn();

-- As they are claimed: what is due first.
drop index outbox_waiting;
create index outbox_waiting on outbox (channel, next_attempt_at, number)
  where delivered_at is null and given_up_at is null;
