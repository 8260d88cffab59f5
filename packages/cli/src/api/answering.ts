/** Which of the local stack's coordinators to ask: any of them answers for the whole network. */
import { request } from 'undici';
import type { StackDescription } from '../stack/stack-file.ts';

const ANSWER_LIMIT_MS = 2_000;

/** The first that says it is alive; the first of all where none does, so that its error is told. */
export async function answeringUrl({ apiUrl, coordinators }: StackDescription): Promise<string> {
  if (coordinators.length < 2) return apiUrl;
  for (const { url } of coordinators) if (await isAlive(url)) return url;
  return apiUrl;
}

async function isAlive(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const { statusCode, body } = await request(new URL('/healthz', url), { signal });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
