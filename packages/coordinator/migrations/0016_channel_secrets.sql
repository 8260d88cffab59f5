-- Values of the secrets that a channel's definition refers to, each sealed (src/secret-box.ts).
alter table channel add column sealed_secrets jsonb not null default '{}';
