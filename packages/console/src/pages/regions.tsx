/** Where probes run: regions, their agents, and how more of them join. */
import type { AgentResource, RegionResource } from '@trustmonitor/protocol';
import { getAll, write } from '../api/client.ts';
import { useRegionsRead } from '../api/regions.ts';
import { useRead } from '../api/resource.ts';
import { duration, percent, plural } from '../model/words.ts';
import { ActButton } from '../parts/act.tsx';
import { Empty, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { useMay } from '../session.tsx';
import { AgentDrain, AgentDrainMark, RegionDrain } from './drain.tsx';
import { Invite } from './invite.tsx';
import { RegionPlace } from './region-place.tsx';

export function RegionsPage() {
  const regions = useRegionsRead();
  const mayWrite = useMay('agents:write');
  const agents = useRead<AgentResource[]>(
    'agents',
    (signal) => getAll<AgentResource>('/v1/agents', 1_000, signal),
    { everyMs: 5_000, on: ({ type }) => type.startsWith('agent.') },
  );
  return (
    <>
      <PageHead
        title="Regions and agents"
        lead="A region belongs to a voting group; a group has one vote, whatever it has of agents."
      />
      {agents.error !== null && <Fault error={agents.error} retry={agents.reload} />}
      {agents.data === null && agents.error === null && <Loading what="agents" />}
      <ul className="region-cards">
        {(regions.data ?? []).map((region) => (
          <RegionCard
            key={region.region}
            region={region}
            mayWrite={mayWrite}
            reload={regions.reload}
          />
        ))}
      </ul>
      {agents.data !== null && (
        <Section title="Agents" aside={plural(agents.data.length, 'agent')}>
          <Agents agents={agents.data} mayWrite={mayWrite} reload={agents.reload} />
        </Section>
      )}
      {mayWrite && agents.data !== null && <Invite agents={agents.data} />}
    </>
  );
}

interface CardProps {
  readonly region: RegionResource;
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

function RegionCard({ region, mayWrite, reload }: CardProps) {
  const { alive, agents, quarantine, flagged, agreement, group } = region;
  const tone = toneOf(region);
  return (
    <li className={`card tone-${tone}`}>
      <h2>
        <Mark tone={tone} label={alive > 0 ? 'alive' : 'nobody there'} /> {region.region}
      </h2>
      <p className="muted">voting group {group}</p>
      <p>
        {alive} of {plural(agents, 'agent')} alive · agreement {percent(agreement)}
      </p>
      {flagged > 0 && <p className="warn">{plural(flagged, 'agent')} in doubt</p>}
      {quarantine !== null && (
        <p className="warn">
          in quarantine ({quarantine.reason}) since <Moment at={quarantine.since} show="clock" />:{' '}
          {quarantine.agreeing} of {quarantine.needed} answers agree again
        </p>
      )}
      <RegionDrain region={region} mayWrite={mayWrite} reload={reload} />
      <RegionPlace region={region} mayWrite={mayWrite} reload={reload} />
    </li>
  );
}

function toneOf({ drain, quarantine, alive }: RegionResource): Tone {
  if (drain !== null) return 'paused';
  if (quarantine !== null) return 'partial';
  return alive > 0 ? 'up' : 'unknown';
}

interface AgentsProps {
  readonly agents: readonly AgentResource[];
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

const AGENT_TONES: Readonly<Record<AgentResource['state'], Tone>> = {
  alive: 'up',
  lost: 'down',
  never_seen: 'pending',
};

function Agents({ agents, mayWrite, reload }: AgentsProps) {
  if (agents.length === 0) return <Empty>No agent has joined yet.</Empty>;
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Table of agents">
      <table>
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Region</th>
            <th scope="col">Last heard</th>
            <th scope="col">Version</th>
            <th scope="col" className="figure">
              Clock
            </th>
            <th scope="col" className="figure">
              Agreement
            </th>
            <th scope="col" className="figure">
              Abstains
            </th>
            <th scope="col" className="figure">
              Spooled
            </th>
            <th scope="col" className="figure">
              Refused
            </th>
            {mayWrite && (
              <th scope="col">
                <span className="spoken">Act</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <AgentRow key={agent.agent} agent={agent} mayWrite={mayWrite} reload={reload} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface AgentRowProps extends Omit<AgentsProps, 'agents'> {
  readonly agent: AgentResource;
}

function AgentRow({ agent, mayWrite, reload }: AgentRowProps) {
  const { state, lastSeenAt, version, skewMs, agreement, abstention } = agent;
  return (
    <tr>
      <th scope="row">
        <Mark tone={AGENT_TONES[state]} label={state.replace('_', ' ')} size={14} /> {agent.agent}
        {agent.flagged && <span className="tag alarming">in doubt</span>}
        <AgentDrainMark agent={agent} />
      </th>
      <td>{agent.region}</td>
      <td>{lastSeenAt === null ? 'never' : <Ago at={lastSeenAt} />}</td>
      <td>{version ?? '–'}</td>
      <td className="figure">{skewMs === null ? '–' : duration(skewMs)}</td>
      <td className="figure">{percent(agreement)}</td>
      <td className="figure">{percent(abstention)}</td>
      <td className="figure">{agent.spooledBatches ?? '–'}</td>
      <td className="figure" title={`${agent.forged} forged, ${agent.replayed} sent again`}>
        {agent.refused}
      </td>
      {mayWrite && (
        <td>
          <AgentDrain agent={agent} reload={reload} />{' '}
          <ActButton
            className="danger"
            confirm="Nothing that it signs counts from now on. Revoke it?"
            work={async () => {
              await write('POST', `/v1/agents/${agent.agent}/revoke`, undefined);
              reload();
            }}
          >
            Revoke
          </ActButton>
        </td>
      )}
    </tr>
  );
}
