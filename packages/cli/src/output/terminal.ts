/** The one way out: data on stdout, chatter on stderr. */
import { paintFor, type ColourWishes, type Paint } from './paint.ts';

/** What of a stream is needed; `process.stdout` is one. */
export interface Sink {
  readonly isTTY?: boolean | undefined;
  /** Of a terminal, in characters. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(chunk: string | Uint8Array): unknown;
}

export interface Terminal {
  /** Data for the next program or the reader: one line or more on stdout. */
  print(text: string): void;
  /** Data as JSON on stdout. */
  json(value: unknown): void;
  /** Bytes on stdout exactly as they are. */
  raw(bytes: Uint8Array): void;
  /** Chatter for the reader: one line or more on stderr. */
  say(text: string): void;
  /** Replaces the line being written on stderr. Does nothing where that is no terminal. */
  progress(text: string): void;
  readonly stdoutIsTerminal: boolean;
  /** Of stdout as it is now, in characters. */
  size(): { readonly columns: number; readonly rows: number };
  readonly stderrIsTerminal: boolean;
  /** Colours for stdout. */
  readonly paint: Paint;
  /** Colours for stderr. */
  readonly paintChatter: Paint;
}

/** Back to the line's start and erase it (ECMA-48 EL). */
const ERASE_LINE = '\r\u001B[2K';

export function terminalOn(stdout: Sink, stderr: Sink, wishes: ColourWishes): Terminal {
  const stderrIsTerminal = stderr.isTTY === true;
  let hasProgress = false;

  function clearProgress(): void {
    if (!hasProgress) return;
    stderr.write(ERASE_LINE);
    hasProgress = false;
  }

  function data(chunk: string | Uint8Array): void {
    clearProgress();
    stdout.write(chunk);
  }

  return {
    print: (text) => data(`${text}\n`),
    json: (value) => data(`${JSON.stringify(value, null, 2)}\n`),
    raw: data,
    say(text) {
      clearProgress();
      stderr.write(`${text}\n`);
    },
    progress(text) {
      if (!stderrIsTerminal) return;
      clearProgress();
      stderr.write(text);
      hasProgress = true;
    },
    stdoutIsTerminal: stdout.isTTY === true,
    // What a terminal is that does not say (VT100).
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    stderrIsTerminal,
    paint: paintFor(stdout.isTTY === true, wishes),
    paintChatter: paintFor(stderrIsTerminal, wishes),
  };
}
