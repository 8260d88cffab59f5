/** A bounded folder for what is of no use to the agent but may tell a person something. */
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFolder } from '../data-directory.ts';

export interface Aside {
  /** Names of what lies there, oldest first. */
  readonly names: readonly string[];
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Moves a file of the same file system in. */
  take(path: string, name: string): Promise<void>;
}

/** Opens the folder; when it holds more than `maxBytes`, its oldest files go (names sort by age). */
export async function openAside(folder: string, maxBytes: number): Promise<Aside> {
  await ensureFolder(folder);
  const files = await listFiles(folder);
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);

  async function added(name: string): Promise<void> {
    const { size: bytes } = await stat(join(folder, name));
    files.push({ name, bytes });
    total += bytes;
    // The newest stays, however large: it may be what the chain continues from.
    while (total > maxBytes && files.length > 1) {
      const oldest = files.shift();
      if (oldest === undefined) return;
      total -= oldest.bytes;
      await rm(join(folder, oldest.name), { force: true });
    }
  }

  return {
    get names() {
      return files.map(({ name }) => name);
    },
    async write(name, bytes) {
      await writeFile(join(folder, name), bytes, { mode: 0o600 });
      await added(name);
    },
    async take(path, name) {
      await rename(path, join(folder, name));
      await added(name);
    },
  };
}

async function listFiles(folder: string): Promise<{ name: string; bytes: number }[]> {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(
    names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })),
  );
}
