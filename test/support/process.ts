/** One real process of the system under test, with its log at hand when a test fails. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const LOG_LINES_KEPT = 200;

export class TestProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #log: string[] = [];
  /** Told all that it writes, from the first character on; of the log only the end is kept. */
  onOutput: (text: string) => void = () => undefined;

  constructor(
    name: string,
    script: string,
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    /** A command that runs the one behind it, in its own process. */
    wrapper: readonly string[] = [],
  ) {
    this.#name = name;
    const [command = process.execPath, ...rest] = [...wrapper, process.execPath, script, ...args];
    this.#child = spawn(command, rest, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    }
  }

  /** The newest lines of its log. */
  get log(): string {
    return `--- ${this.#name}\n${this.#log.join('')}`;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it and waits until it is gone. Returns its exit code, or null after a signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.isRunning) {
      const gone = once(this.#child, 'exit');
      this.#child.kill(signal);
      await gone;
    }
    return this.#child.exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #keep(text: string): void {
    this.onOutput(text);
    this.#log.push(text);
    if (this.#log.length > LOG_LINES_KEPT) this.#log.shift();
  }
}
