/** What a signed record says, read for display. Whether it is true, the verifier says. */
import type {
  IncidentDetail,
  IncidentPredicate,
  IncidentStatement,
  RecordLog,
} from '@trustmonitor/protocol';
import { shortDigest } from './words.ts';

export interface ReadRecord {
  readonly digest: string;
  readonly step: IncidentPredicate['step'];
  readonly recordedAt: string;
  readonly predicate: IncidentPredicate;
  /** Null before witnesses have cosigned it. */
  readonly log: RecordLog | null;
}

/** Throws for a record that cannot be read, and says which. */
export function readRecords({ records }: Pick<IncidentDetail, 'records'>): ReadRecord[] {
  return records.map(({ digest, step, recordedAt, envelope, log }, i) => {
    try {
      const { predicate } = JSON.parse(textOf(envelope.payload)) as Partial<IncidentStatement>;
      if (predicate === undefined) throw new Error('it has no predicate');
      return { digest, step, recordedAt, predicate, log };
    } catch (cause) {
      const which = `record ${i + 1} of ${records.length} (${step}, sha256 ${shortDigest(digest)})`;
      throw new Error(`The payload of ${which} cannot be read: ${reasonOf(cause)}`, { cause });
    }
  });
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Base64 of UTF-8. */
export function textOf(base64: string): string {
  const raw = Uint8Array.from(atob(base64), (char) => char.codePointAt(0) ?? 0);
  return new TextDecoder().decode(raw);
}

export interface Cosignature {
  readonly witness: string;
  readonly atMs: number;
}

/** A head of the log, and who cosigned it when. */
export interface Head {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly cosignatures: readonly Cosignature[];
}

/** A cosignature is 4 bytes of key id, 8 bytes of seconds and 64 of signature (C2SP tlog-cosignature). */
const COSIGNATURE_BYTES = 76;

/** From a signed note (C2SP tlog-checkpoint). Throws for what is none, and says in which line. */
export function readCheckpoint(note: string): Head {
  const [origin = '', size = '', root = '', ...lines] = note.split('\n');
  if (!/^\d{1,15}$/.test(size)) {
    throw new Error('The checkpoint cannot be read: its line 2 is no number of leaves.');
  }
  const cosignatures = lines.flatMap((line, i) => {
    const [, witness = '', signature = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const atMs = witness === '' ? null : cosignedAt(signature, `line ${i + 4}, by ${witness},`);
    return atMs === null ? [] : [{ witness, atMs }];
  });
  return { origin, size: Number(size), root, cosignatures };
}

/** Null for a signature that is no cosignature, such as the log's own. */
function cosignedAt(base64: string, where: string): number | null {
  let raw: string;
  try {
    raw = atob(base64);
  } catch (cause) {
    throw new Error(`The checkpoint cannot be read: ${where} is no base64.`, { cause });
  }
  if (raw.length !== COSIGNATURE_BYTES) return null;
  let seconds = 0;
  for (let i = 4; i < 12; i++) seconds = seconds * 256 + (raw.codePointAt(i) ?? 0);
  return seconds * 1_000;
}
