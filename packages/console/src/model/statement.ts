/** What a signed record says, read for display. Whether it is true, the verifier says. */
import type { IncidentDetail, IncidentPredicate, IncidentStatement } from '@trustmonitor/protocol';

export interface ReadRecord {
  readonly digest: string;
  readonly step: IncidentPredicate['step'];
  readonly recordedAt: string;
  readonly predicate: IncidentPredicate;
}

export function readRecords({ records }: Pick<IncidentDetail, 'records'>): ReadRecord[] {
  return records.map(({ digest, step, recordedAt, envelope }) => ({
    digest,
    step,
    recordedAt,
    predicate: (JSON.parse(textOf(envelope.payload)) as IncidentStatement).predicate,
  }));
}

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

/** The head that a record is proven to be under, and its place there. */
export interface WitnessedHead extends Head {
  readonly index: number;
}

/** A cosignature is 4 bytes of key id, 8 bytes of seconds and 64 of signature (C2SP tlog-cosignature). */
const COSIGNATURE_BYTES = 76;

/** From a c2sp.org/tlog-proof; null where there is none. */
export function readTlogProof(text: string | null): WitnessedHead | null {
  if (text === null) return null;
  const index = Number(/^index (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  const head = readCheckpoint(text.slice(text.indexOf('\n\n') + 2));
  return head === null || Number.isNaN(index) ? null : { ...head, index };
}

/** From a signed note (C2SP tlog-checkpoint); null for what is none. */
export function readCheckpoint(note: string): Head | null {
  const [origin = '', size = '', root = '', ...lines] = note.split('\n');
  if (!/^\d{1,15}$/.test(size)) return null;
  const cosignatures = lines.flatMap((line) => {
    const [, witness = '', signature = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const atMs = witness === '' ? null : cosignedAt(signature);
    return atMs === null ? [] : [{ witness, atMs }];
  });
  return { origin, size: Number(size), root, cosignatures };
}

function cosignedAt(base64: string): number | null {
  const raw = atob(base64);
  if (raw.length !== COSIGNATURE_BYTES) return null;
  let seconds = 0;
  for (let i = 4; i < 12; i++) seconds = seconds * 256 + (raw.codePointAt(i) ?? 0);
  return seconds * 1_000;
}
