/** The steps of a start, one line each: what is being done, then what came of it. */
import type { Terminal } from '../output/terminal.ts';
import { printable } from '../output/printable.ts';

export interface Steps {
  /** Does one step. What it returns as `said` is shown beside its name. */
  run<T>(name: string, step: (note: Note) => Promise<Outcome<T>>): Promise<T>;
  /** A line between steps: something happened that nobody asked for. */
  note: Note;
}

export type Note = (line: string) => void;

export interface Outcome<T> {
  readonly value: T;
  readonly said: string;
}

const NAME_WIDTH = 13;

/** `signal` ends the start before its next step. */
export function stepsOn(terminal: Terminal, signal: AbortSignal): Steps {
  const paint = terminal.paintChatter;
  const inProgress: string[] = [];

  function showProgress(): void {
    if (inProgress.length > 0) terminal.progress(paint('dim', `  … ${inProgress.join(', ')}`));
  }

  const note: Note = (line) => {
    terminal.say(paint('dim', `    ${' '.repeat(NAME_WIDTH)}${printable(line)}`));
    showProgress();
  };

  return {
    note,
    async run(name, step) {
      signal.throwIfAborted();
      inProgress.push(name);
      showProgress();
      try {
        const { value, said } = await step(note);
        inProgress.splice(inProgress.indexOf(name), 1);
        terminal.say(`  ${paint('green', '✓')} ${name.padEnd(NAME_WIDTH)} ${printable(said)}`);
        return value;
      } catch (error) {
        inProgress.splice(inProgress.indexOf(name), 1);
        if (!signal.aborted) terminal.say(`  ${paint('red', '✗')} ${name}`);
        throw error;
      } finally {
        showProgress();
      }
    },
  };
}
