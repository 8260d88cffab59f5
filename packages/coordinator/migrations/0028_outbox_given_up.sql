-- What nobody gets any more is looked for every few seconds.
create index outbox_given_up on outbox (given_up_at) where given_up_at is not null;
