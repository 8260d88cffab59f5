/** The end of a log as a person reads it. */
import { open } from 'node:fs/promises';
import { printable } from '../output/printable.ts';

const TAIL_BYTES = 16 * 1024;
const TAIL_LINES = 8;

/** The last lines after byte `from`; pino's JSON lines are told in words. */
export async function readTail(path: string, from: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, null, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .slice(-TAIL_LINES)
      .map((line) => printable(inWords(line)));
  } finally {
    await file.close();
  }
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

function inWords(line: string): string {
  try {
    const { level, msg, err, hint } = JSON.parse(line) as {
      level?: number;
      msg?: string;
      err?: { message?: string };
      hint?: string;
    };
    const cause = err?.message ?? '';
    const isSaid = msg !== undefined && cause.startsWith(msg);
    const parts = [msg, isSaid ? '' : cause, hint].filter(Boolean);
    return parts.length === 0 ? line : `${LEVELS[level ?? 0] ?? 'log'}: ${parts.join(' - ')}`;
  } catch {
    return line;
  }
}
