/** A job's results -> its spans: the probe, and the phases of each attempt below it. */
import { isOneOff, parseTimestamp, traceIdOf, type Job, type Result } from '@trustmonitor/protocol';
import { jobSpanId, spanIdOf, type Span } from '@trustmonitor/tracing';

const PHASES = [
  ['resolve', 'resolveUs'],
  ['connect', 'connectUs'],
  ['tls', 'tlsUs'],
  ['processing', 'processingUs'],
  ['transfer', 'transferUs'],
] as const;

/** `spanId`: what the target was sent in `traceparent`. None for a job without results. */
export function spansOfProbe(
  job: Pick<Job, 'round' | 'monitor' | 'region'>,
  spanId: string,
  results: readonly Result[],
): Span[] {
  const [first] = results;
  const last = results.at(-1);
  if (first === undefined || last === undefined) return [];
  const { agent, outcome, failure, response } = last;
  const probe: Span = {
    traceId: traceIdOf(job.round),
    spanId,
    // Of a check that is run once there is no round, and so no span of a coordinator.
    parentSpanId: isOneOff(job) ? null : jobSpanId(job.round, job.region),
    name: 'probe',
    kind: 'client',
    startMs: parseTimestamp(first.startedAt),
    endMs: parseTimestamp(last.startedAt) + last.durationMs,
    attributes: {
      'trustmonitor.monitor': job.monitor,
      'trustmonitor.region': job.region,
      'trustmonitor.agent': agent,
      'trustmonitor.vote': outcome,
      'trustmonitor.attempts': results.length,
      ...(failure === null ? {} : { 'error.type': failure.class }),
      ...(typeof response?.address === 'string'
        ? { 'network.peer.address': response.address }
        : {}),
      ...(typeof response?.status === 'number'
        ? { 'http.response.status_code': response.status }
        : {}),
    },
    events: results.flatMap(({ failure: why, final, startedAt, durationMs, attempt }) =>
      why === null || final
        ? []
        : [
            {
              name: 'attempt failed',
              atMs: parseTimestamp(startedAt) + durationMs,
              attributes: { 'trustmonitor.attempt': attempt, 'error.type': why.class },
            },
          ],
    ),
    error: failure === null ? null : `${failure.class}: ${failure.detail}`,
  };
  return [probe, ...results.flatMap((result) => phasesOf(result, probe))];
}

/** Each begins where the one before it ended. */
function phasesOf({ phases, startedAt, attempt }: Result, { traceId, spanId }: Span): Span[] {
  let atMs = parseTimestamp(startedAt);
  return PHASES.flatMap(([name, key]): Span[] => {
    const us = phases[key];
    if (us === null) return [];
    const startMs = atMs;
    atMs += us / 1_000;
    return [
      {
        traceId,
        spanId: spanIdOf(spanId, `${attempt}`, name),
        parentSpanId: spanId,
        name,
        kind: 'internal',
        startMs,
        endMs: atMs,
        attributes: { 'trustmonitor.attempt': attempt },
        events: [],
        error: null,
      },
    ];
  });
}
