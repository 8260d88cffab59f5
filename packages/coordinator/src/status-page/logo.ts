/** The logo of a page: an address, or an image that is a file of the page like any other. */
import type { StatusPage } from '@trustmonitor/protocol';

const MOST_BYTES = 65_536;

interface Form {
  readonly extension: string;
  /** What such a file begins with; null for any byte. */
  readonly start: readonly (number | null)[];
}

/** Pictures only: an SVG is a document, which can hold scripts. */
const FORMS: Readonly<Record<string, Form>> = {
  'image/png': { extension: 'png', start: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  'image/jpeg': { extension: 'jpg', start: [0xff, 0xd8, 0xff] },
  'image/webp': {
    extension: 'webp',
    start: [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50],
  },
};

export interface OwnLogo {
  /** In the folder of the page. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Null where the page has none of its own. */
export function ownLogoOf({ logo }: Pick<StatusPage, 'logo'>): OwnLogo | null {
  const parsed = parseLogo(logo);
  return parsed && { path: `logo.${parsed.form.extension}`, bytes: parsed.bytes };
}

/** What is wrong with it, in words; null when nothing is. */
export function faultOfLogo({ logo }: Pick<StatusPage, 'logo'>): string | null {
  const parsed = parseLogo(logo);
  if (parsed === null) return null;
  const { form, bytes } = parsed;
  if (bytes.length > MOST_BYTES) return `has ${bytes.length} bytes, and may have ${MOST_BYTES}`;
  const isSo = form.start.every((byte, i) => byte === null || byte === bytes[i]);
  return isSo ? null : `is not a ${form.extension} by its content`;
}

function parseLogo(logo: string | undefined): { form: Form; bytes: Uint8Array } | null {
  const [, type = '', text = ''] = /^data:([a-z/]+);base64,(.*)$/.exec(logo ?? '') ?? [];
  const form = FORMS[type];
  return form === undefined ? null : { form, bytes: Buffer.from(text, 'base64') };
}
