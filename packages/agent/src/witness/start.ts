/** The witness on the bus: checkpoints come, cosignatures go. */
import { join } from 'node:path';
import { onSeen, onWitnessRequest, sendWitnessReply, type Bus } from '@trustmonitor/bus';
import { noteKeyOf, type NoteKey, type Signer } from '@trustmonitor/evidence';
import { witnessName } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import { limitLog } from '../log-limit.ts';
import type { HttpAddress } from '../listen.ts';
import { serveWitness } from './http.ts';
import { readMemory } from './memory.ts';
import { Seen } from './seen.ts';
import { Witness } from './witness.ts';

export interface WitnessParts {
  readonly bus: Bus;
  readonly network: string;
  readonly agent: string;
  readonly dataDirectory: string;
  readonly signer: Signer;
  readonly logKey: NoteKey;
  /** Where it also answers over HTTP; null: nowhere. */
  readonly httpAddress: HttpAddress | null;
  readonly log: Logger;
}

export interface RunningWitness {
  readonly witness: Witness;
  readonly seen: Seen;
  /** Where it answers over HTTP. */
  readonly httpUrl: string | null;
  stop(): Promise<void>;
}

/** Throws `message.malformed` when its memory is damaged, and `port.taken`. */
export async function startWitness(parts: WitnessParts): Promise<RunningWitness> {
  const { bus, network, agent, signer, logKey, log } = parts;
  const name = witnessName(network, agent);
  const file = join(parts.dataDirectory, 'witness.json');
  const witness = new Witness({
    agent,
    name,
    signer,
    logKey,
    memory: await readMemory(file),
    file,
    now: () => Date.now(),
    log,
  });
  const http =
    parts.httpAddress === null ? null : await serveWitness(witness, parts.httpAddress, log);
  const seen = new Seen(logKey, noteKeyOf(name, 'cosignature', signer.publicKey));
  const limited = limitLog(log);
  const onMalformed = (subject: string, error: Error): void =>
    limited('malformed', { subject, reason: error.message }, 'malformed message to the witness');
  const requests = onWitnessRequest(
    bus,
    agent,
    (request) => void witness.answer(request).then((reply) => sendWitnessReply(bus, reply)),
    onMalformed,
  );
  const notices = onSeen(bus, ({ note }) => void seen.take(note), onMalformed);
  return {
    witness,
    seen,
    httpUrl: http?.url ?? null,
    async stop() {
      requests.unsubscribe();
      notices.unsubscribe();
      await http?.close();
    },
  };
}
