/** What `intake.ts` of the coordinator does, with the model's seals in place of signatures. */
import type { OpenedBatch } from '@trustmonitor/evidence';
import type { Notary, SealedBatch } from './notary.ts';

/** A batch as it came: `sender` is who the broker let publish it. */
export interface Arrival {
  readonly sealed: SealedBatch;
  readonly sender: string;
  readonly arrivedAtMs: number;
}

export type Intake =
  | (Arrival & { readonly accepted: true; readonly opened: OpenedBatch })
  | (Arrival & { readonly accepted: false });

export function takeIn(arrival: Arrival, notary: Notary): Intake {
  const opened = notary.open(arrival.sealed, arrival.sender);
  return opened === null ? { ...arrival, accepted: false } : { ...arrival, accepted: true, opened };
}
