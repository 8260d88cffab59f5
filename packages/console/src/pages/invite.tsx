/** One more agent: a token to join with, and whether somebody came with it. */
import type { AgentResource, JoinTokenResource } from '@trustmonitor/protocol';
import { useState } from 'react';
import { write } from '../api/client.ts';
import { Copyable, Fault, Section } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { useForm } from '../parts/form.tsx';
import { Mark } from '../parts/mark.tsx';
import { Moment } from '../parts/time.tsx';

interface Invited {
  readonly token: JoinTokenResource;
  /** Agents that were there before. Who joins has another name than all of them. */
  readonly known: ReadonlySet<string>;
}

export function Invite({ agents }: { readonly agents: readonly AgentResource[] }) {
  const [invited, setInvited] = useState<Invited | null>(null);
  const { act, field, onSubmit } = useForm({ region: '' }, async ({ region }) => {
    const token = await write<JoinTokenResource>('POST', '/v1/agents/join-tokens', { region });
    setInvited({ token, known: new Set(agents.map(({ agent }) => agent)) });
  });
  return (
    <Section title="Let an agent join">
      <form className="form-row" onSubmit={onSubmit}>
        <Field
          label="Region"
          {...field('region')}
          required
          pattern="[a-z0-9][a-z0-9\-]{0,62}"
          placeholder="eu-north"
          hint="One that the root has delegated, or that is there already"
        />
        <button type="submit" className="primary" disabled={act.isBusy}>
          Make a token
        </button>
      </form>
      {act.error !== null && <Fault error={act.error} />}
      {invited !== null && <Invitation invited={invited} agents={agents} />}
    </Section>
  );
}

interface InvitationProps {
  readonly invited: Invited;
  readonly agents: readonly AgentResource[];
}

function Invitation({ invited: { token, known }, agents }: InvitationProps) {
  const came = agents.filter(({ agent, region }) => region === token.region && !known.has(agent));
  return (
    <>
      <p>
        Run this on the agent’s machine before <Moment at={token.expiresAt} show="clock" />. The
        token works once and is shown this once.
      </p>
      <Copyable text={token.command} label="the command that joins" />
      <p>It asks for this token:</p>
      <Copyable text={token.token} label="the join token" />
      <div role="status">
        {came.length === 0 && <p className="muted">Waiting for it …</p>}
        {came.map(({ agent, state }) => (
          <p key={agent}>
            {state === 'alive' ? (
              <>
                <Mark tone="up" label="" size={14} /> {agent} has joined, and is heard
              </>
            ) : (
              <>
                <Mark tone="pending" label="" size={14} /> {agent} has a key, and is not heard yet:
                start it
              </>
            )}
          </p>
        ))}
      </div>
    </>
  );
}
