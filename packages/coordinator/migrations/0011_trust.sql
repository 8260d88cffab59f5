-- How far each agent's votes agree with what the quorum decides; see src/trust/score.ts.
create table agent_trust (
  agent       text primary key,
  -- The score, as the reducer writes it.
  score       jsonb not null,
  -- Since when the agent is flagged; null while it is not.
  flagged_at  timestamptz,
  -- When people were last told that it is.
  told_at     timestamptz
);
