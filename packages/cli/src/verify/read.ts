/** The two files that a verification needs. Neither is trusted with more than its size. */
import { open, readFile } from 'node:fs/promises';
import { MAX_BUNDLE_BYTES } from '@trustmonitor/evidence';
import { RootFile, TrustMonitorError, parserOf } from '@trustmonitor/protocol';

const MAX_ROOT_FILE_BYTES = 64 * 1024;

const rootFileParser = parserOf(RootFile, 'input.malformed');

/** Throws `input.malformed` or `input.too_large`, naming the file. */
export async function readRootFile(path: string): Promise<RootFile> {
  const bytes = await readBounded(path, MAX_ROOT_FILE_BYTES, 'root file');
  try {
    return rootFileParser.parseJson(new TextDecoder().decode(bytes), `the root file ${path}`);
  } catch (cause) {
    throw new TrustMonitorError('input.malformed', (cause as Error).message, {
      where: path,
      hint: '`trustmonitor keys root` prints a root file; get it from a source that you trust',
      cause,
    });
  }
}

/** The bundle's bytes as they are: what they mean is for the verifier to say. */
export async function readBundle(path: string): Promise<Uint8Array> {
  return readBounded(path, MAX_BUNDLE_BYTES, 'bundle');
}

/** Throws `input.malformed` or `input.too_large`, naming the file. */
export async function readBounded(
  path: string,
  maxBytes: number,
  what: string,
): Promise<Uint8Array> {
  const bytes = await (path === '-' ? readStdin(maxBytes) : readFileUpTo(path, maxBytes)).catch(
    (cause: unknown) => {
      throw new TrustMonitorError('input.malformed', `the ${what} ${path} cannot be read`, {
        where: path,
        hint: 'check the path and who may read it',
        cause,
      });
    },
  );
  if (bytes.length > maxBytes) {
    throw new TrustMonitorError('input.too_large', `${path} is larger than ${maxBytes} bytes`, {
      where: path,
      hint: `no ${what} is that large`,
    });
  }
  return bytes;
}

/** At most one byte above the limit is kept: enough to know that it is exceeded. */
async function readFileUpTo(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size <= maxBytes) return await readFile(file);
    const { buffer, bytesRead } = await file.read(new Uint8Array(maxBytes + 1));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks);
}
