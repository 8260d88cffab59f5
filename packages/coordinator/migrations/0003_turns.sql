-- The last turn that the holder of the lease has committed. A COMMIT whose answer was lost is
-- tried again under the same number, and not written twice.
alter table lease add column turn bigint not null default 0;

-- Messages of one incident go to a channel in this order, each when the one before is done with.
alter table outbox add column number bigint generated always as identity;
create index outbox_waiting on outbox (channel, incident, number)
  where delivered_at is null and given_up_at is null;
