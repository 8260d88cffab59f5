/** Checkpoints of the log as they are stored -> as the API shows them. */
import { parseNote, statedCosignatures } from '@trustmonitor/evidence';
import { formatTimestamp, type CheckpointResource, type RecordLog } from '@trustmonitor/protocol';
import type { CosignedCheckpoint, CosignedPlace } from '../store/log.ts';

export function showCheckpoint(checkpoint: CosignedCheckpoint): CheckpointResource {
  const { size, signedAtMs, cosigned } = checkpoint;
  const cosignatures = statedCosignatures(parseNote(cosigned));
  return {
    size,
    signedAt: formatTimestamp(signedAtMs),
    cosignedAt: formatTimestamp(cosignedMs(checkpoint, cosignatures)),
    cosignatures: cosignatures.map(({ witness, timeS }) => ({
      ...{ witness, at: formatTimestamp(timeS * 1_000) },
    })),
    note: cosigned,
  };
}

/** Null before a cosigned checkpoint covers it. */
export function showPlace({ index, checkpoint }: CosignedPlace): RecordLog | null {
  if (checkpoint === null) return null;
  const { size, cosignedAt, cosignatures } = showCheckpoint(checkpoint);
  return { index, size, cosignedAt, witnesses: cosignatures.map(({ witness }) => witness) };
}

/** Where nobody has measured it, the last witness's word; a policy may ask for none. */
function cosignedMs(
  { signedAtMs, cosignedAtMs }: CosignedCheckpoint,
  cosignatures: readonly { readonly timeS: number }[],
): number {
  return cosignedAtMs ?? Math.max(signedAtMs, ...cosignatures.map(({ timeS }) => timeS * 1_000));
}
