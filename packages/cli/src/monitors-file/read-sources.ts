/** A file, or a folder of files, as texts. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { TrustMonitorError } from '@trustmonitor/protocol';

/** Far above any file written by hand; a mistaken path is noticed before it fills memory. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

export interface SourceText {
  /** As the reader would type it from here. */
  readonly file: string;
  readonly text: string;
}

/**
 * The file at `path`, or all `*.yaml` and `*.yml` in the folder at `path` by name.
 *
 * Throws `not_found`, `input.too_large`, or `input.malformed` for what is not UTF-8.
 */
export async function readSources(path: string): Promise<SourceText[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new TrustMonitorError('not_found', `there is no file or folder ${path}`, {
      where: path,
      hint: 'name a monitors file, or a folder of them',
      cause,
    });
  });
  const files = found.isDirectory() ? await filesIn(path) : [path];
  return Promise.all(files.map(readSource));
}

async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/i.test(name)).toSorted();
  if (names.length > 0) return names.map((name) => join(folder, name));
  throw new TrustMonitorError('not_found', `the folder ${folder} has no *.yaml file in it`, {
    where: folder,
    hint: 'monitors files end in .yaml or .yml',
  });
}

async function readSource(path: string): Promise<SourceText> {
  const file = shortest(path);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new TrustMonitorError('input.malformed', `${file} cannot be read`, {
      where: file,
      hint: 'check that it is a file and that this user may read it',
      cause,
    });
  });
  if (bytes.length > MAX_FILE_BYTES) {
    throw new TrustMonitorError('input.too_large', `${file} is larger than 4 MiB`, {
      where: file,
      hint: 'split it, and apply the folder',
    });
  }
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new TrustMonitorError('input.malformed', `${file} is not UTF-8 text`, {
      where: file,
      cause,
    });
  }
}

function shortest(path: string): string {
  const fromHere = relative('.', path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}
