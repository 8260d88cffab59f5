/** What the API says of the machinery -> findings. Pure: the same answers, the same findings. */
import { formatDuration, type AgentResource, type SystemResource } from '@trustmonitor/protocol';
import { megabytes, plural } from '../output/words.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

export interface NetworkSeen {
  readonly system: SystemResource;
  readonly agents: readonly AgentResource[];
  /** Of this command. */
  readonly version: string;
  readonly url: string;
  /** How long `/v1/system` took to answer. */
  readonly tookMs: number;
  /** By this machine's clock, in the middle of that time. */
  readonly nowMs: number;
}

/** Beyond this, times in logs and records no longer tell what came first. */
const CLOCK_WARN_MS = 2_000;
/** Half of what a verifier allows (120 s): soon an agent's votes will not count. */
const CLOCK_FAIL_MS = 60_000;
const SLOW_BROKER_MS = 250;
const LATE_ROUNDS_MS = 5_000;
const STUCK_ROUNDS_MS = 30_000;
const EXPIRY_WARN_MS = 14 * 86_400_000;
const SPOOL_WARN_BATCHES = 100;
const OUTBOX_WARN_S = 60;
const OUTBOX_FAIL_S = 600;
/** Heads are cosigned within seconds while enough witnesses are alive. */
const UNWITNESSED_WARN_S = 60;
const UNWITNESSED_FAIL_S = 600;

export function examineNetwork(seen: NetworkSeen): Finding[] {
  return [
    apiFinding(seen),
    versionFinding(seen),
    clockFinding(seen),
    databaseFinding(seen.system),
    brokerFinding(seen.system),
    coordinatorFinding(seen.system),
    ...agentFindings(seen),
    keyRingFinding(seen),
    ...delegationFindings(seen),
    logFinding(seen.system),
    outboxFinding(seen.system),
  ];
}

function apiFinding({ url, tookMs, system }: NetworkSeen): Finding {
  return ok('api', `${url} answers for the network ${system.network} in ${Math.round(tookMs)}ms`);
}

function versionFinding({ version, system: { coordinator } }: NetworkSeen): Finding {
  const seen = `coordinator ${coordinator.version} on Node ${coordinator.node}, this command ${version}`;
  return coordinator.version === version
    ? ok('versions', seen)
    : warn('versions', seen, 'update the older of the two, so that each knows what the other says');
}

function clockFinding({ system, nowMs }: NetworkSeen): Finding {
  const aheadMs = Date.parse(system.at) - nowMs;
  const seen = `the coordinator's is ${apart(aheadMs)} this machine's`;
  return Math.abs(aheadMs) <= CLOCK_WARN_MS
    ? ok('clock', seen)
    : warn('clock', seen, 'set both by NTP: what is shown here as "ago" is off by as much');
}

function databaseFinding({ health, stored }: SystemResource): Finding {
  const check = health.checks.find(({ name }) => name === 'database');
  if (stored === null || check?.ok === false) {
    return fail(
      'database',
      check?.detail ?? 'it does not answer',
      'start PostgreSQL, or mend DATABASE_URL; nothing is decided or lost meanwhile',
    );
  }
  const { version, bytes, skewMs } = stored.database;
  const seen = `PostgreSQL ${version}, ${megabytes(bytes)}, its clock ${apart(skewMs)} the coordinator's`;
  return Math.abs(skewMs) <= CLOCK_WARN_MS
    ? ok('database', seen)
    : warn('database', seen, 'set the clocks of both machines by NTP');
}

function brokerFinding({ broker: { connected, rttMs } }: SystemResource): Finding {
  const advice = 'start the NATS server, or mend TM_NATS_URL; agents keep their results meanwhile';
  if (!connected) return fail('broker', 'the coordinator is not connected', advice);
  if (rttMs === null) return fail('broker', 'connected, and it does not answer', advice);
  const seen = `connected, ${rttMs}ms there and back`;
  return rttMs <= SLOW_BROKER_MS
    ? ok('broker', seen)
    : warn('broker', seen, 'look at the load of the NATS server and at the network between');
}

function coordinatorFinding({ health, coordinator, stored }: SystemResource): Finding {
  const name = 'deciding';
  const lease = health.checks.find((check) => check.name === 'lease');
  if (lease?.ok === false) {
    return fail(name, lease.detail, 'see the database: leases are renewed there every few seconds');
  }
  const count = stored === null ? '' : `, ${plural(stored.coordinators, 'coordinator')} alive`;
  const seen = `${lease?.detail ?? 'alive'}${count}`;
  const late = `${seen}; rounds are ${formatDuration(coordinator.lagMs)} late`;
  const advice = 'look at the load of the coordinator and of PostgreSQL, or add a coordinator';
  if (coordinator.lagMs > STUCK_ROUNDS_MS) return fail(name, late, advice);
  return coordinator.lagMs > LATE_ROUNDS_MS ? warn(name, late, advice) : ok(name, seen);
}

/** One for all agents that are well, and one for each that is not. */
function agentFindings({ agents, system }: NetworkSeen): Finding[] {
  if (agents.length === 0) {
    return [fail('agents', 'none is enrolled', 'let one join: `trustmonitor agents invite`')];
  }
  const ailing = agents.flatMap((agent) => [
    ...drainFindings(agent),
    // What an operator has taken out may be away.
    ...(isDrained(agent) && agent.state !== 'alive' ? [] : ailmentsOf(agent, agents, system)),
  ]);
  const alive = agents.filter(({ state }) => state === 'alive').length;
  const regions = new Set(agents.map(({ region }) => region)).size;
  const seen = `${alive} of ${agents.length} alive, in ${plural(regions, 'region')}`;
  return ailing.length === 0 ? [ok('agents', seen)] : ailing;
}

const isDrained = ({ drain, regionDrained }: AgentResource): boolean =>
  drain !== null || regionDrained;

/** What was taken out for planned work is easily forgotten. */
function drainFindings({ agent, region, drain, regionDrained }: AgentResource): Finding[] {
  const findings: Finding[] = [];
  const name = `agent ${agent}`;
  if (regionDrained) {
    const advice = `when the work is done: \`trustmonitor regions undrain ${region}\``;
    findings.push(warn(name, `its region ${region} is drained and has no vote`, advice));
  }
  if (drain !== null) {
    const reason = drain.reason === '' ? '' : `: ${drain.reason}`;
    const advice = `when the work is done: \`trustmonitor agents undrain ${agent}\``;
    findings.push(warn(name, `drained by ${drain.by} since ${drain.since}${reason}`, advice));
  }
  return findings;
}

function ailmentsOf(
  agent: AgentResource,
  all: readonly AgentResource[],
  { coordinator }: SystemResource,
): Finding[] {
  const name = `agent ${agent.agent}`;
  if (agent.state !== 'alive') return [silentFinding(agent, all)];
  const findings: Finding[] = [];
  const skewMs = agent.skewMs ?? 0;
  if (Math.abs(skewMs) > CLOCK_WARN_MS) {
    const seen = `its clock is ${apart(skewMs)} the coordinator's`;
    const advice = 'set it by NTP: beyond 120 s its votes do not count';
    findings.push((Math.abs(skewMs) > CLOCK_FAIL_MS ? fail : warn)(name, seen, advice));
  }
  if (agent.version !== coordinator.version) {
    const seen = `version ${agent.version ?? '?'}, the coordinator has ${coordinator.version}`;
    findings.push(warn(name, seen, 'update the older of the two'));
  }
  if (agent.quarantined) {
    const seen = `its region ${agent.region} is in quarantine and has no vote`;
    findings.push(
      warn(name, seen, '`trustmonitor regions` says why, and how far it has proved itself'),
    );
  }
  if (agent.flagged) {
    const on = agent.doubtfulMonitors.join(', ');
    const seen = `votes against the quorum${on === '' ? '' : ` on ${on}`}`;
    findings.push(warn(name, seen, 'compare with `trustmonitor rounds`; revoke it if it lies'));
  }
  if ((agent.spooledBatches ?? 0) > SPOOL_WARN_BATCHES) {
    const seen = `${agent.spooledBatches} batches wait for a receipt`;
    findings.push(warn(name, seen, 'look whether coordinators keep up, and the broker lets it in'));
  }
  return findings;
}

/** A region that another agent still probes from is weaker; one without any has no vote. */
function silentFinding(agent: AgentResource, all: readonly AgentResource[]): Finding {
  const { region, state, lastSeenAt } = agent;
  const seen = state === 'lost' ? `nothing heard since ${lastSeenAt ?? '?'}` : 'never heard of';
  const advice = 'look at its log, whether it runs, and whether it reaches the broker';
  const isLast = all.every(
    (other) => other.region !== region || other.state !== 'alive' || other.drain !== null,
  );
  return isLast
    ? fail(`agent ${agent.agent}`, `${seen}: the region ${region} has no vote`, advice)
    : warn(`agent ${agent.agent}`, `${seen}; others stand in for it in ${region}`, advice);
}

function keyRingFinding({ system: { keyring, at } }: NetworkSeen): Finding {
  const { version, expiresAt, root } = keyring;
  const left = Date.parse(expiresAt) - Date.parse(at);
  const signs = `${root.threshold} of ${plural(root.keys, 'root key')} sign it`;
  const advice = 'sign it anew with the root: `trustmonitor keys renew`, then `keys publish`';
  if (left <= 0) return fail('key ring', `version ${version} expired at ${expiresAt}`, advice);
  const seen = `version ${version}, good until ${expiresAt.slice(0, 10)}; ${signs}`;
  if (left < EXPIRY_WARN_MS) return warn('key ring', seen, advice);
  return root.keys > 1 && root.threshold === root.keys
    ? warn('key ring', seen, 'one lost root key ends it: add a root key (`trustmonitor keys`)')
    : ok('key ring', seen);
}

/** Nothing where the root has delegated nothing. */
function delegationFindings({ system: { keyring, at } }: NetworkSeen): Finding[] {
  const expiresAt = keyring.delegationExpiresAt;
  if (expiresAt === null) return [];
  const left = Date.parse(expiresAt) - Date.parse(at);
  const seen = `agents can ${left <= 0 ? 'no longer ' : ''}join: the enrolment key ${
    left <= 0 ? 'expired' : 'is good until'
  } ${expiresAt.slice(0, 10)}`;
  const advice = 'sign the key ring anew with the root: `trustmonitor keys renew`';
  return [left < EXPIRY_WARN_MS ? warn('enrolment', seen, advice) : ok('enrolment', seen)];
}

function logFinding({ stored }: SystemResource): Finding {
  if (stored === null) {
    return warn('log', 'not known while the database is away', 'mend the database first');
  }
  const { log } = stored;
  if (log === null) {
    const advice =
      'give the key ring a log: without one nobody can tell that records were kept back';
    return warn('log', 'the network keeps none', advice);
  }
  const { size, witnesses, checkpoint } = log;
  const advice = 'see whether a majority of the agents is alive: they cosign it as its witnesses';
  if (checkpoint === null) {
    const seen = `${plural(size, 'leaf', 'leaves')}, and no head is cosigned yet`;
    return size === 0 ? ok('log', 'empty') : warn('log', seen, advice);
  }
  const waiting = size - checkpoint.size;
  const seen = `${plural(size, 'leaf', 'leaves')}, the newest cosigned head has ${checkpoint.size}, by ${
    checkpoint.cosignatures
  } of ${plural(witnesses, 'witness', 'witnesses')}, ${formatDuration(
    Math.round(checkpoint.ageSeconds) * 1_000,
  )} ago`;
  if (waiting > 0 && checkpoint.ageSeconds > UNWITNESSED_FAIL_S) return fail('log', seen, advice);
  if (waiting > 0 && checkpoint.ageSeconds > UNWITNESSED_WARN_S) return warn('log', seen, advice);
  return ok('log', seen);
}

function outboxFinding({ stored }: SystemResource): Finding {
  const name = 'notifications';
  if (stored === null) {
    return warn(name, 'not known while the database is away', 'mend the database first');
  }
  const { waiting, oldestSeconds, givenUp } = stored.outbox;
  const since = formatDuration(Math.round(oldestSeconds) * 1_000);
  const advice = 'see `GET /v1/channels/ID/deliveries` for what the receiver answers';
  if (waiting > 0 && oldestSeconds > OUTBOX_WARN_S) {
    const seen = `${plural(waiting, 'message')} not delivered, the oldest for ${since}`;
    return (oldestSeconds > OUTBOX_FAIL_S ? fail : warn)(name, seen, advice);
  }
  if (givenUp > 0) {
    return warn(name, `${plural(givenUp, 'message')} given up in the last 24 hours`, advice);
  }
  return ok(name, waiting === 0 ? 'none waits' : `${plural(waiting, 'message')} under way`);
}

/** `340ms ahead of`, `2s behind`. */
function apart(aheadMs: number): string {
  if (aheadMs === 0) return 'equal to';
  const by = formatDuration(Math.abs(Math.round(aheadMs)));
  return aheadMs > 0 ? `${by} ahead of` : `${by} behind`;
}
