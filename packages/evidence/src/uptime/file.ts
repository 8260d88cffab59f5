/** Puts together an uptime report as an outsider gets it. */
import { REPORT_MEDIA_TYPE, type ReportFile } from '@trustmonitor/protocol';
import { canonicalBytes } from '../canonical.ts';
import { concat } from '../encoding/bytes.ts';
import { encodeUtf8 } from '../encoding/text.ts';

/** The file's bytes: canonical JSON and a line break. The same parts give the same bytes. */
export function buildReportFile(parts: Omit<ReportFile, 'mediaType'>): Uint8Array {
  const file: ReportFile = { mediaType: REPORT_MEDIA_TYPE, ...parts };
  return concat(canonicalBytes(file), encodeUtf8('\n'));
}
