/** Reads the file: bounded, UTF-8, canonical, of the schema. */
import {
  BUNDLE_MEDIA_TYPE,
  Bundle,
  REPORT_MEDIA_TYPE,
  ReportFile,
  isTrustMonitorError,
  parserOf,
} from '@trustmonitor/protocol';
import { parseCanonicalText, parseJson } from '../canonical.ts';
import { decodeUtf8 } from '../encoding/text.ts';
import { MAX_BUNDLE_BYTES, MAX_DEPTH } from '../limits.ts';
import { CheckFailed, checked, type Checked } from './report.ts';

const bundleParser = parserOf(Bundle, 'message.malformed');
const reportParser = parserOf(ReportFile, 'message.malformed');

/** Thrown for a file that is no bundle: not text, not JSON, or of another media type. */
export class NotABundle extends CheckFailed {}

export function checkFormat(bytes: Uint8Array): Checked<Bundle> {
  const value = readCanonical(bytes, BUNDLE_MEDIA_TYPE, 'the bundle');
  return checked(bundleParser.parse(value, 'the bundle'), sizeOf(bytes));
}

/** The same for an uptime report. */
export function checkReportFormat(bytes: Uint8Array): Checked<ReportFile> {
  const value = readCanonical(bytes, REPORT_MEDIA_TYPE, 'the report');
  return checked(reportParser.parse(value, 'the report'), sizeOf(bytes));
}

/** Whether the file says of itself that it is an uptime report; nothing of it is verified. */
export function isReportFile(bytes: Uint8Array): boolean {
  try {
    return mediaTypeOf(readText(bytes)) === REPORT_MEDIA_TYPE;
  } catch (error) {
    if (error instanceof NotABundle) return false;
    throw error;
  }
}

const sizeOf = (bytes: Uint8Array): string => `${bytes.length} bytes of canonical JSON`;

function readCanonical(bytes: Uint8Array, mediaType: string, what: string): unknown {
  const text = readText(bytes);
  // Tells "this is something else" from "this is such a file, with a fault".
  if (mediaTypeOf(text) !== mediaType) {
    throw new NotABundle(`the file's mediaType is not ${mediaType}`);
  }
  return parseCanonicalText(text, MAX_DEPTH, what);
}

function readText(bytes: Uint8Array): string {
  if (bytes.length > MAX_BUNDLE_BYTES) {
    throw new NotABundle(`the file has ${bytes.length} bytes; the limit is ${MAX_BUNDLE_BYTES}`);
  }
  const text = notABundleUnless(() => decodeUtf8(bytes, 'the file'));
  // One line break at the end is allowed, as editors and shells like it; nothing else is.
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

function mediaTypeOf(text: string): unknown {
  const value = notABundleUnless(() => parseJson(text, 'the file'));
  if (typeof value !== 'object' || value === null || !('mediaType' in value)) {
    throw new NotABundle('the file is JSON, but not an evidence bundle');
  }
  return value.mediaType;
}

function notABundleUnless<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isTrustMonitorError(error)) throw new NotABundle(error.message, { cause: error });
    throw error;
  }
}
