/** Kinds that an agent cannot probe: a heartbeat is reported by the job itself. */
import type { CheckDefinition } from '@trustmonitor/protocol';
import { attempt } from '../attempt.ts';
import { ProbeFailure } from '../failure.ts';
import type { Probe } from '../probe.ts';

export const probeUnsupported: Probe<CheckDefinition> = (check, context) =>
  attempt(check, context, () =>
    Promise.reject(
      new ProbeFailure('unsupported', `agents do not probe checks of type ${check.type}`),
    ),
  );
