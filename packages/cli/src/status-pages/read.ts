/** A page's file -> the page. */
import { readFile } from 'node:fs/promises';
import { StatusPage, TrustMonitorError, parserOf } from '@trustmonitor/protocol';
import { parse } from 'yaml';

const parser = parserOf(StatusPage);

/** Throws `config.invalid` with the file, and the line or the field. */
export async function readStatusPage(file: string): Promise<StatusPage> {
  const refused = (cause: unknown): never => {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TrustMonitorError('config.invalid', message, { where: file, cause });
  };
  const text = await readFile(file, 'utf8').catch(refused);
  try {
    return parser.parse(parse(text), file);
  } catch (error) {
    return refused(error);
  }
}
