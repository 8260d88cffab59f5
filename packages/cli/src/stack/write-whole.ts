/** Files that are there whole or not at all. */
import { open, rename } from 'node:fs/promises';

/** Replaces the file in one step, on disk before the name points to it. */
export async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  const file = await open(draft, 'w', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
