/** A check that is run once: its steps, as regions report. */
import type { CheckEvent } from '@trustmonitor/protocol';
import { send } from './client.ts';

/** Calls `tell` with each step. Resolves after the verdict. */
export async function runCheck(
  body: unknown,
  tell: (event: CheckEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const headers = { accept: 'application/x-ndjson' };
  const response = await send('POST', '/v1/checks', { body, headers, signal });
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? '')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') tell(JSON.parse(line) as CheckEvent);
    if (done) return;
  }
}
