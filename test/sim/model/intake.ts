/** What `intake.ts` of the coordinator does, with the model's seals in place of signatures. */
import type { OpenedBatch } from '@trustmonitor/evidence';
import type { Waiting } from '../../../packages/coordinator/src/backlog.ts';
import type { Notary, SealedBatch } from './notary.ts';

/** A batch as it came: `agent` is who the broker let publish it. */
export interface Arrival extends Waiting {
  readonly sealed: SealedBatch;
}

export type Intake =
  | (Arrival & { readonly accepted: true; readonly opened: OpenedBatch })
  | (Arrival & { readonly accepted: false });

export function takeIn(arrival: Arrival, notary: Notary): Intake {
  const opened = notary.open(arrival.sealed, arrival.agent);
  return opened === null ? { ...arrival, accepted: false } : { ...arrival, accepted: true, opened };
}
