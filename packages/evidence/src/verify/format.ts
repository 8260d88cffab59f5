/** Reads the file: bounded, UTF-8, canonical, of the schema. */
import { BUNDLE_MEDIA_TYPE, Bundle, isTrustMonitorError, parserOf } from '@trustmonitor/protocol';
import { parseCanonicalText, parseJson } from '../canonical.ts';
import { decodeUtf8 } from '../encoding/text.ts';
import { MAX_BUNDLE_BYTES, MAX_DEPTH } from '../limits.ts';
import { CheckFailed, checked, type Checked } from './report.ts';

const parser = parserOf(Bundle, 'message.malformed');

/** Thrown for a file that is no bundle: not text, not JSON, or of another media type. */
export class NotABundle extends CheckFailed {}

export function checkFormat(bytes: Uint8Array): Checked<Bundle> {
  const text = readText(bytes);
  requireBundle(text);
  const bundle = parser.parse(parseCanonicalText(text, MAX_DEPTH, 'the bundle'), 'the bundle');
  return checked(bundle, `${bytes.length} bytes of canonical JSON`);
}

function readText(bytes: Uint8Array): string {
  if (bytes.length > MAX_BUNDLE_BYTES) {
    throw new NotABundle(`the file has ${bytes.length} bytes; the limit is ${MAX_BUNDLE_BYTES}`);
  }
  const text = notABundleUnless(() => decodeUtf8(bytes, 'the file'));
  // One line break at the end is allowed, as editors and shells like it; nothing else is.
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** Tells "this is something else" from "this is a bundle with a fault". */
function requireBundle(text: string): void {
  const value = notABundleUnless(() => parseJson(text, 'the file'));
  if (typeof value !== 'object' || value === null || !('mediaType' in value)) {
    throw new NotABundle('the file is JSON, but not an evidence bundle');
  }
  if (value.mediaType !== BUNDLE_MEDIA_TYPE) {
    throw new NotABundle(`the file's mediaType is not ${BUNDLE_MEDIA_TYPE}`);
  }
}

function notABundleUnless<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isTrustMonitorError(error)) throw new NotABundle(error.message, { cause: error });
    throw error;
  }
}
