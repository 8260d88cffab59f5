/** Whether the coordinator has told this agent to take no jobs; it beats and delivers all the same. */
import type { Logger } from 'pino';

export class Drained {
  readonly #log: Logger;
  #isDrained = false;
  #onChange: (isDrained: boolean) => void = () => undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  get now(): boolean {
    return this.#isDrained;
  }

  /** `told`: undefined by a coordinator that knows nothing of drains, and then all stays as it was. */
  tell(told: boolean | undefined): void {
    if (told === undefined || told === this.#isDrained) return;
    this.#isDrained = told;
    if (told) this.#log.warn('drained: an operator lets this agent take no jobs');
    else this.#log.info('not drained any more: jobs are taken again');
    this.#onChange(told);
  }

  /** Called at once, and on each change from then on. */
  follow(onChange: (isDrained: boolean) => void): void {
    this.#onChange = onChange;
    onChange(this.#isDrained);
  }
}
