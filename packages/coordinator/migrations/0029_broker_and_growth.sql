-- How a coordinator's connection to the broker stands (lease/broker-link.ts). One of a release that says
-- nothing of it counts as connected.
alter table coordinator add column broker text not null default 'there'
  check (broker in ('there', 'doubtful', 'away'));

-- What is over is dropped after its time (retention.ts), and found without reading what is not.
create index outbox_done on outbox (coalesce(delivered_at, given_up_at))
  where delivered_at is not null or given_up_at is not null;

-- Which checkpoint a batch says that its agent had seen: a bundle must hold that note. Filled in here, so
-- that no batch is without it, whichever release wrote it; older ones name older checkpoints alone.
alter table batch add column seen bytea;
create function set_batch_seen() returns trigger language plpgsql as $$
begin
  new.seen := decode(convert_from(decode(new.envelope::json ->> 'payload', 'base64'), 'UTF8')::json
                       #>> '{seen,note}', 'hex');
  return new;
end $$;
create trigger batch_seen before insert on batch for each row execute function set_batch_seen();
create index batch_by_seen on batch (seen) where seen is not null;

-- Whether it may still be dropped. Those that are there already stay: it is not known who names them.
alter table checkpoint add column may_go boolean not null default false;
alter table checkpoint alter column may_go set default true;
create index checkpoint_may_go on checkpoint (created_at) where may_go;
