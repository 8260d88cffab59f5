/** The built console: an index that is always asked for anew, and assets whose names change with them. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json',
};

/** One name, so that no path leads out of the folder. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*\.([a-z]+)$/;

export interface SiteFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

export class ConsoleSite {
  readonly #folder: URL;
  #index: { readonly version: string; readonly file: Promise<SiteFile | null> } | null = null;
  readonly #assets = new Map<string, Promise<SiteFile | null>>();

  /** `folder` ends with a slash. It may be missing: in a checkout without its console. */
  constructor(folder: URL) {
    this.#folder = folder;
  }

  /** Read and compressed once for each build: anybody can ask for it. */
  async index(): Promise<SiteFile | null> {
    const url = new URL('index.html', this.#folder);
    const known = await stat(url).catch(() => null);
    if (known === null) return null;
    // Not `mtimeMs`, which an archive sets: that of every version can be the same.
    const version = `${known.ctimeMs}/${known.size}`;
    if (this.#index?.version !== version) this.#index = { version, file: read(url, 'html') };
    return this.#index.file;
  }

  /** By its name in `assets`; its content never changes, so it is read and compressed once. */
  async asset(name: string): Promise<SiteFile | null> {
    const extension = NAME.exec(name)?.[1];
    if (extension === undefined || !(extension in TYPES)) return null;
    const known = this.#assets.get(name);
    if (known !== undefined) return known;
    const file = read(new URL(`assets/${name}`, this.#folder), extension);
    // What is not there may come with the next build, and anybody can ask for it.
    if ((await file) !== null) this.#assets.set(name, file);
    return file;
  }
}

async function read(file: URL, extension: string): Promise<SiteFile | null> {
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null) return null;
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    bytes,
    gzipped: await compress(bytes),
    etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`,
  };
}
