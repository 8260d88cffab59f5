-- Monitors as code: the name under which a monitor was applied last, so that pruning deletes only
-- what the same owner has applied. Null for a monitor that was made over the API alone.
alter table monitor add column owner text;
create index monitor_by_owner on monitor (owner, id) where owner is not null and deleted_at is null;
