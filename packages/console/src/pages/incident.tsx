/** One incident: what was seen, who voted, what was decided, signed, logged and told, and when. */
import type { IncidentDetail, RoundDetail, RoundResource } from '@trustmonitor/protocol';
import { useMemo } from 'react';
import { ApiProblem, get, type Page } from '../api/client.ts';
import { useRead, useResource } from '../api/resource.ts';
import { matrixOf } from '../model/matrix.ts';
import {
  readRecords,
  readTlogProof,
  type ReadRecord,
  type WitnessedHead,
} from '../model/statement.ts';
import { milestonesOf, timelineOf, type Milestones } from '../model/timeline.ts';
import { duration } from '../model/words.ts';
import { Link } from '../navigation.tsx';
import { Facts, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Icon } from '../parts/icon.tsx';
import { Verdictly } from '../parts/mark.tsx';
import { Ago, Moment, Since } from '../parts/time.tsx';
import { paths } from '../routes.ts';
import { IncidentActions } from './incident-actions.tsx';
import { Timeline } from './incident-timeline.tsx';
import { VoteMatrix } from './vote-matrix.tsx';

/** Rounds shown beside those that records rest on. */
const MOST_ROUNDS = 24;

export function IncidentPage({ id }: { readonly id: string }) {
  const incident = useResource<IncidentDetail>(`/v1/incidents/${id}`, {
    on: (told) => 'incident' in told && told.incident === id,
    everyMs: 5_000,
  });
  if (incident.data === null) {
    return incident.error === null ? (
      <Loading what="the incident" />
    ) : (
      <Fault error={incident.error} retry={incident.reload} />
    );
  }
  return <Shown incident={incident.data} reload={incident.reload} />;
}

interface ShownProps {
  readonly incident: IncidentDetail;
  readonly reload: () => void;
}

function Shown({ incident, reload }: ShownProps) {
  const records = useMemo(() => readRecords(incident), [incident]);
  const rounds = useRecordedRounds(records);
  const listed = useListedRounds(incident);
  const head = useWitnessedHead(incident);
  const events = useMemo(
    () => timelineOf({ incident, records, rounds, head }),
    [incident, records, rounds, head],
  );
  const matrix = useMemo(() => matrixOf(records, listed, MOST_ROUNDS), [records, listed]);
  return (
    <>
      <Head incident={incident} />
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
  const { decidedMs, recordedMs, toldMs, resolvedMs } = milestones;
  const told = incident.alerts.length === 0 ? 'no channel' : 'not yet';
  const steps: readonly (readonly [string, number | null, string])[] = [
    ['First failed vote', recordedMs === null ? null : 0, 'not kept'],
    ['First round decided', decidedMs, 'not yet'],
    ['Confirmed and signed', recordedMs, 'not yet'],
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

/** Those that the records name; some may not be kept any more. */
function useRecordedRounds(records: readonly ReadRecord[]): readonly RoundDetail[] {
  const ids = [
    ...new Set(records.flatMap(({ predicate }) => predicate.rounds.map((r) => r.round))),
  ];
  const read = async (signal: AbortSignal): Promise<RoundDetail[]> => {
    const rounds = await Promise.all(
      ids.map((id) => get<RoundDetail>(`/v1/rounds/${id}`, signal).catch(nullIfGone)),
    );
    return rounds.filter((round) => round !== null);
  };
  return useRead(`rounds ${ids.join()}`, read).data ?? [];
}

function nullIfGone(error: unknown): null {
  if (error instanceof ApiProblem && (error.status === 404 || error.status === 410)) return null;
  throw error;
}

/** Rounds of the incident's time, as far as the newest go back. */
function useListedRounds({ monitor, openedAt, resolvedAt }: IncidentDetail): RoundResource[] {
  const path = `/v1/monitors/${encodeURIComponent(monitor)}/rounds?limit=200`;
  const isOpen = resolvedAt === null;
  const { data } = useResource<Page<RoundResource>>(path, {
    on: (told) => isOpen && 'monitor' in told && told.monitor === monitor,
    ...(isOpen ? { everyMs: 5_000 } : {}),
  });
  return useMemo(() => {
    return (data?.data ?? []).filter(
      (round) =>
        round.closedAt >= openedAt && (resolvedAt === null || round.openedAt <= resolvedAt),
    );
  }, [data, openedAt, resolvedAt]);
}

/** Of the log, which the evidence carries; null until witnesses have cosigned it. */
function useWitnessedHead(incident: IncidentDetail): WitnessedHead | null {
  const newest = incident.records.at(-1)?.digest ?? '';
  const read = async (signal: AbortSignal): Promise<WitnessedHead | null> => {
    const bundle = await get<{ tlogProof: string | null }>(
      `/v1/incidents/${incident.id}/evidence`,
      signal,
    );
    return readTlogProof(bundle.tlogProof);
  };
  const resource = useRead(`head ${newest}`, read, { everyMs: 10_000 });
  return resource.data;
}
