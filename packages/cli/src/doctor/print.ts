/** Findings for people: one line each, what to do below it. */
import type { Colour, Paint } from '../output/paint.ts';
import { printable } from '../output/printable.ts';
import { plural } from '../output/words.ts';
import type { Finding, Level } from './finding.ts';

const COLOURS: Readonly<Record<Level, Colour>> = { ok: 'green', warn: 'yellow', fail: 'red' };

export function renderFindings(findings: readonly Finding[], paint: Paint): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, level, seen, advice }) => {
    const line = `${paint(COLOURS[level], level.padEnd(4))}  ${printable(name).padEnd(width)}  ${printable(seen)}`;
    const indent = ' '.repeat(width + 8);
    return advice === null ? [line] : [line, `${indent}${paint('bold', 'try:')} ${advice}`];
  });
  return [...lines, '', summaryOf(findings)].join('\n');
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  if (count('fail') > 0)
    return `${plural(count('fail'), 'thing')} wrong, ${plural(count('warn'), 'warning')}`;
  return count('warn') > 0 ? `nothing wrong, ${plural(count('warn'), 'warning')}` : 'all is well';
}
