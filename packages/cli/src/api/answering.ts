/** Which of the local stack's coordinators to ask: any of them answers for the whole network. */
import type { StackDescription } from '../stack/stack-file.ts';
import { transportTo } from './transport.ts';

const ANSWER_LIMIT_MS = 2_000;

/** The first that says it is alive; the first of all where none does, so that its error is told. */
export async function answeringUrl({ apiUrl, coordinators }: StackDescription): Promise<string> {
  if (coordinators.length < 2) return apiUrl;
  for (const { url } of coordinators) if (await isAlive(url)) return url;
  return apiUrl;
}

async function isAlive(url: string): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_LIMIT_MS);
  });
  const ask = transportTo({ url: new URL(url), token: null });
  const answer = ask({ method: 'GET', path: '/healthz' }).then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
