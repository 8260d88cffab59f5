/** One incident: what was seen, who voted, what was decided, signed, logged and told, and when. */
import type { IncidentDetail } from '@trustmonitor/protocol';
import { useMemo } from 'react';
import { useResource } from '../api/resource.ts';
import { attempt } from '../model/errors.ts';
import { matrixOf } from '../model/matrix.ts';
import { readRecords, type ReadRecord } from '../model/statement.ts';
import { milestonesOf, timelineOf, type Milestones } from '../model/timeline.ts';
import { duration } from '../model/words.ts';
import { Link } from '../navigation.tsx';
import { Facts, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Icon } from '../parts/icon.tsx';
import { Verdictly } from '../parts/mark.tsx';
import { Ago, Moment, Since } from '../parts/time.tsx';
import { paths } from '../routes.ts';
import { IncidentActions } from './incident-actions.tsx';
import { MOST_ROUNDS, useRounds } from './incident-rounds.ts';
import { Timeline } from './incident-timeline.tsx';
import { VoteMatrix } from './vote-matrix.tsx';

export function IncidentPage({ id }: { readonly id: string }) {
  const incident = useResource<IncidentDetail>(`/v1/incidents/${id}`, {
    on: (told) => 'incident' in told && told.incident === id,
    everyMs: 5_000,
  });
  const { data, error, reload } = incident;
  const records = useMemo(() => (data === null ? null : attempt(() => readRecords(data))), [data]);
  return (
    <>
      {error !== null && <Fault error={error} retry={reload} />}
      {records instanceof Error && <Fault error={records} retry={reload} />}
      {data === null && error === null && <Loading what="the incident" />}
      {data !== null && <Head incident={data} />}
      {data !== null && records !== null && !(records instanceof Error) && (
        <Shown incident={data} records={records} reload={reload} />
      )}
    </>
  );
}

interface ShownProps {
  readonly incident: IncidentDetail;
  readonly records: readonly ReadRecord[];
  readonly reload: () => void;
}

function Shown({ incident, records, reload }: ShownProps) {
  const { detailed, listed } = useRounds(incident, records);
  const events = useMemo(
    () => timelineOf({ incident, records, rounds: detailed }),
    [incident, records, detailed],
  );
  const matrix = useMemo(() => matrixOf(records, listed, MOST_ROUNDS), [records, listed]);
  return (
    <>
      <Steps milestones={milestonesOf(events)} incident={incident} />
      <div className="columns">
        <div>
          <Section title="What happened" aside="seconds since the first failed vote">
            <Timeline events={events} />
          </Section>
          <IncidentActions incident={incident} onDone={reload} />
        </div>
        <div>
          <Section title="Votes" aside="regions × rounds; open a vote to see the raw attempt">
            <VoteMatrix matrix={matrix} />
          </Section>
          <Section title="Alerts">
            <Alerts incident={incident} />
          </Section>
          <Section title="Decision">
            <Decision records={records} incident={incident} />
          </Section>
        </div>
      </div>
    </>
  );
}

function Head({ incident }: { readonly incident: IncidentDetail }) {
  const isOpen = incident.state === 'open';
  return (
    <PageHead
      over={
        <>
          <Link to={paths.incidents}>Incidents</Link> /{' '}
          <Link to={paths.monitor(incident.monitor)}>{incident.monitor}</Link>
        </>
      }
      title={
        <>
          {incident.monitorName} <span className="light">{isOpen ? 'is' : 'was'}</span>{' '}
          <Verdictly tone={isOpen ? incident.verdict : incident.kind} />
        </>
      }
      lead={
        <>
          <p className="reason">{incident.reason}</p>
          <p>
            <Moment at={incident.openedAt} />
            {' · '}
            {incident.resolvedAt === null ? (
              <strong>
                open for <Since at={incident.openedAt} />
              </strong>
            ) : (
              <>
                <span className="state-resolved">resolved</span> after{' '}
                {duration(Date.parse(incident.resolvedAt) - Date.parse(incident.openedAt))}
              </>
            )}
            {incident.acknowledged !== null && (
              <>
                {' '}
                · {incident.acknowledged.by} has it in hand since{' '}
                <Ago at={incident.acknowledged.at} />
              </>
            )}
          </p>
        </>
      }
      actions={
        <Link to={paths.evidence(incident.id)} className="button primary">
          <Icon name="seal" /> Verify the evidence
        </Link>
      }
    />
  );
}

interface StepsProps {
  readonly milestones: Milestones;
  readonly incident: IncidentDetail;
}

/** The figures that a reader asks for first. */
function Steps({ milestones, incident }: StepsProps) {
  const { decidedMs, recordedMs, witnessedMs, toldMs, resolvedMs } = milestones;
  const told = incident.alerts.length === 0 ? 'no channel' : 'not yet';
  const steps: readonly (readonly [string, number | null, string])[] = [
    ['First failed vote', recordedMs === null ? null : 0, 'not kept'],
    ['First round decided', decidedMs, 'not yet'],
    ['Confirmed and signed', recordedMs, 'not yet'],
    ['Logged and witnessed', witnessedMs, 'not witnessed'],
    ['First people told', toldMs, told],
    ['Resolved', resolvedMs, 'not yet'],
  ];
  return (
    <ol className="steps" aria-label="From the first failed vote on">
      {steps.map(([name, ms, otherwise]) => (
        <li key={name} className={ms === null ? 'open' : 'done'}>
          <span className="name">{name}</span>
          <span className="value">
            {ms === null ? otherwise : ms === 0 ? '0 s' : `+${duration(ms)}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Alerts({ incident }: { readonly incident: IncidentDetail }) {
  if (incident.alerts.length === 0) {
    return (
      <p className="muted">
        No channel hears of this monitor. <Link to={paths.notifications}>Notifications</Link>
      </p>
    );
  }
  return (
    <ul className="rows">
      {incident.alerts.map(({ channel, firstToldAt, held }) => (
        <li key={channel}>
          <b>{channel}</b>
          <span className="grow muted">
            {held === null ? '' : `held back (${held.kind}): ${held.why}`}
          </span>
          {firstToldAt === null ? <span>not told</span> : <Moment at={firstToldAt} show="clock" />}
        </li>
      ))}
    </ul>
  );
}

interface DecisionProps {
  readonly records: readonly ReadRecord[];
  readonly incident: IncidentDetail;
}

function Decision({ records, incident }: DecisionProps) {
  const last = records.at(-1)?.predicate;
  if (last === undefined) return null;
  const { policy, members, keyring, revision } = last;
  const groups = new Set(members.map(({ group }) => group)).size;
  return (
    <Facts
      facts={[
        { name: 'Target', value: <code>{incident.target}</code> },
        { name: 'Quorum', value: `${policy.quorum} of ${groups} voting groups` },
        {
          name: 'Confirmed by',
          value: `${policy.confirmRounds} rounds, ${duration(policy.confirmAfterMs)} apart at least`,
        },
        { name: 'Recovers after', value: `${policy.recoverRounds} rounds` },
        { name: 'Revision', value: `${revision} of ${incident.monitor}` },
        { name: 'Key ring', value: `version ${keyring.version}` },
        { name: 'Incident', value: <code>{incident.id}</code> },
      ]}
    />
  );
}
