/** The two requests that an agent makes to the coordinator's API, when the broker is no way yet. */
import {
  ERROR_CATALOGUE,
  TrustMonitorError,
  problemParser,
  type ErrorCode,
  type Parser,
} from '@trustmonitor/protocol';

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 262_144;

/** Throws what the API says, or `api.unreachable`. */
export async function post<T>(url: URL, body: unknown, parser: Parser<T>): Promise<T> {
  const { status, text } = await send(url, body);
  if (status < 200 || status > 299) throw refusalOf(url, status, text);
  return parser.parseJson(text, url.href);
}

async function send(url: URL, body: unknown): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // A token must not be carried to wherever somebody else points.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, text: await boundedText(response) };
  } catch (cause) {
    throw new TrustMonitorError('api.unreachable', `${url.origin} does not answer`, {
      where: url.origin,
      hint: 'Is the coordinator’s API there, and can this machine reach it? Check --url.',
      cause,
    });
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf(url: URL, status: number, text: string): TrustMonitorError {
  try {
    const { code, detail, hint } = problemParser.parseJson(text);
    if (isKnown(code)) return new TrustMonitorError(code, detail, { hint });
  } catch {
    // Not one of ours: a proxy's page, for one.
  }
  return new TrustMonitorError('api.unreachable', `${url.origin} answers with HTTP ${status}`, {
    where: url.href,
    hint: 'Is this the address of the coordinator’s API?',
  });
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}
