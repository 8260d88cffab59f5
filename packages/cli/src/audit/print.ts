/** An audit, as a person reads it. */
import type { Paint } from '../output/paint.ts';
import { printable } from '../output/printable.ts';
import type { AuditReport } from './report.ts';

/** One line per check, and a last one that says how it ended. */
export function renderAudit({ checks, passed, origin, size }: AuditReport, paint: Paint): string {
  const width = Math.max(...checks.map(({ code }) => code.length));
  const lines = checks.map(({ code, ok, detail }) => {
    const mark = ok ? paint('green', 'ok  ') : paint('red', 'FAIL');
    return `${mark}  ${code.padEnd(width)}  ${printable(detail)}`;
  });
  const failed = checks.filter(({ ok }) => !ok).map(({ code }) => code);
  const end = passed
    ? `${paint('green', 'PASSED:')} ${printable(origin ?? '')}, all ${size ?? 0} leaves`
    : `${paint('red', 'FAILED:')} ${failed.join(', ')}`;
  return [...lines, '', end].join('\n');
}
