-- When enough witnesses had cosigned a checkpoint, by the coordinator's clock. Null for those that an older
-- release published: of them only the witnesses' own whole seconds are known.
alter table checkpoint add column cosigned_at timestamptz;
