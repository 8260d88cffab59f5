/** Keeps `stack.json` true while the stack runs. */
import type { StackPaths } from './paths.ts';
import { removeStackFile, writeStackFile, type StackDescription } from './stack-file.ts';

/** What stays as it is while the stack runs; a coordinator has a pid by the name of its process. */
export interface StandingDescription extends Omit<StackDescription, 'pids' | 'coordinators'> {
  readonly coordinators: readonly { readonly name: string; readonly url: string }[];
}

export class PublishedStack {
  readonly #paths: StackPaths;
  readonly #pids: ReadonlyMap<string, number>;
  #description: StandingDescription | null = null;
  /** Writes follow each other, so that the last one stands. */
  #writing: Promise<void> = Promise.resolve();

  constructor(paths: StackPaths, pids: ReadonlyMap<string, number>) {
    this.#paths = paths;
    this.#pids = pids;
  }

  /** From now on other commands find the stack. */
  publish(description: StandingDescription): Promise<void> {
    this.#description = description;
    return this.refresh();
  }

  /** Writes the pids as they are now; does nothing before `publish`. */
  refresh(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#description === null) return;
      const pids = Object.fromEntries(this.#pids);
      const coordinators = this.#description.coordinators.map(({ name, url }) => ({
        url,
        pid: this.#pids.get(name) ?? 0,
      }));
      await writeStackFile(this.#paths, { ...this.#description, coordinators, pids });
    });
    return this.#writing;
  }

  /** Does nothing where nothing was published. */
  async withdraw(): Promise<void> {
    if (this.#description === null) return;
    this.#description = null;
    await this.#writing.catch(() => undefined);
    await removeStackFile(this.#paths);
  }
}
