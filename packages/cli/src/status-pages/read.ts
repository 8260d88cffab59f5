/** A page's file -> the page, with the logo that lies beside it. */
import { readFile } from 'node:fs/promises';
import { StatusPage, TrustMonitorError, parserOf } from '@trustmonitor/protocol';
import { dirname, extname, resolve } from 'node:path';
import { parse } from 'yaml';

const LOGO_TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
};
const MOST_LOGO_BYTES = 65_536;

const parser = parserOf(StatusPage);

/** Throws `config.invalid` with the file, and the line or the field. */
export async function readStatusPage(file: string): Promise<StatusPage> {
  const refused = (cause: unknown): never => {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TrustMonitorError('config.invalid', message, { where: file, cause });
  };
  const text = await readFile(file, 'utf8').catch(refused);
  try {
    return parser.parse(await withLogo(parse(text), file), file);
  } catch (error) {
    return refused(error);
  }
}

/** A logo that is neither an address nor an image itself is a file, seen from the page's. */
async function withLogo(page: unknown, file: string): Promise<unknown> {
  if (typeof page !== 'object' || page === null || !('logo' in page)) return page;
  const { logo } = page;
  if (typeof logo !== 'string' || /^(?:https?|data):/.test(logo)) return page;
  const type = LOGO_TYPES[extname(logo).toLowerCase()];
  if (type === undefined) {
    throw new Error(
      `/logo: ${logo} is no .png, .webp or .jpg. An SVG is a document: make a picture of it`,
    );
  }
  const bytes = await readFile(resolve(dirname(file), logo));
  if (bytes.length > MOST_LOGO_BYTES) {
    throw new Error(`/logo: ${logo} has ${bytes.length} bytes, and may have ${MOST_LOGO_BYTES}`);
  }
  return { ...page, logo: `data:${type};base64,${bytes.toString('base64')}` };
}
