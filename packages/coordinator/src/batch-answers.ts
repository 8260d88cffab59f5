/** What agents are told of the batches of a turn, and how it gets to them. */
import { sendReceipt, type Bus } from '@trustmonitor/bus';
import type { OpenedBatch } from '@trustmonitor/evidence';
import { PUSH, type Receipt } from '@trustmonitor/protocol';
import type { Logger } from 'pino';
import type { CycleStats } from './cycle-stats.ts';
import { isFinal, type Intake } from './intake.ts';
import type { PushVoter } from './push/voter.ts';
import { committed, refused, refusedUnopened } from './receipts.ts';
import { refusalOf, type Observation } from './trust/judge.ts';

export interface BatchAnswersParts {
  readonly bus: Bus;
  /** Sends batches of its own; null where there can be none. */
  readonly push: Pick<PushVoter, 'receive'> | null;
  readonly stats: Pick<CycleStats, 'refusedBatches'>;
  /** Told of what was turned away. */
  readonly onSeen: (seen: readonly Observation[]) => void;
  readonly log: Logger;
}

export class BatchAnswers {
  readonly #parts: BatchAnswersParts;

  constructor(parts: BatchAnswersParts) {
    this.#parts = parts;
  }

  /** To be called once what was accepted of them is committed. */
  answer(intakes: readonly Intake[]): void {
    for (const receipt of intakes.flatMap((intake) => this.#receiptOf(intake))) this.#send(receipt);
  }

  /** For a batch that was stored in parts. `isStored`: all of them. */
  answerParts(opened: OpenedBatch, isStored: boolean): void {
    this.#send(isStored ? committed(opened) : refused(opened, 'internal: cannot be stored'));
  }

  /** None where the agent is to send it again. */
  #receiptOf(intake: Intake): Receipt | [] {
    if (intake.accepted) return committed(intake.opened);
    const { stats, log, onSeen } = this.#parts;
    const { received, error } = intake;
    stats.refusedBatches += 1;
    log.warn({ agent: received.agent, code: error.code, err: error }, 'batch refused');
    if (!isFinal(error)) return [];
    onSeen([refusalOf(received, error)]);
    return refusedUnopened(received.agent, received.message, error) ?? [];
  }

  /** A receipt that is lost is no harm: the agent sends the batch again. */
  #send(receipt: Receipt): void {
    const { push, bus, log } = this.#parts;
    try {
      if (push !== null && receipt.agent === PUSH.agent) push.receive(receipt);
      else sendReceipt(bus, receipt);
    } catch (error) {
      log.warn({ err: error, agent: receipt.agent }, 'a receipt cannot be sent');
    }
  }
}
