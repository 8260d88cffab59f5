/** Secrets in their place: put into what is sent, kept out of what is reported. */
import type { Secrets, SentHeaders, SentText } from '@trustmonitor/protocol';
import { ProbeFailure } from './failure.ts';
import type { Attempt } from './probe.ts';

/** Shorter values would be found by chance, and are no secrets. */
const MIN_REDACTED_CHARS = 4;
const REDACTED = '[secret]';

/** The text to send. A reference without a value is our fault, never the target's. */
export function reveal(text: SentText, secrets: Secrets): string {
  if (typeof text === 'string') return text;
  const value = Object.hasOwn(secrets, text.secretRef) ? secrets[text.secretRef] : undefined;
  if (value === undefined) {
    throw new ProbeFailure('internal_error', `the job has no value for secret ${text.secretRef}`);
  }
  return value;
}

/** The headers to send, without those that may not go to another origin when `foreign`. */
export function revealHeaders(
  headers: SentHeaders,
  secrets: Secrets,
  foreign = false,
): [name: string, value: string][] {
  return Object.entries(headers)
    .filter(([, value]) => !foreign || typeof value === 'string')
    .map(([name, text]) => {
      const value = reveal(text, secrets);
      // eslint-disable-next-line no-control-regex -- a value must not end its line (RFC 9110 5.5)
      if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
        throw new ProbeFailure('internal_error', `header ${name} has a control character`);
      }
      return [name, value];
    });
}

export function withoutSecrets(text: string, values: readonly string[]): string {
  return values
    .filter((value) => value.length >= MIN_REDACTED_CHARS)
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
}

/** A target may echo what it was sent: no text of an attempt may carry one of `values`. */
export function redacted(attempt: Attempt, values: readonly string[]): Attempt {
  if (values.every((value) => value.length < MIN_REDACTED_CHARS)) return attempt;
  const clean = (text: string): string => withoutSecrets(text, values);
  const { failure, response } = attempt;
  return {
    ...attempt,
    failure: failure && { ...failure, detail: clean(failure.detail) },
    response: response && {
      ...response,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, clean(value)]),
      ),
      redirects: response.redirects.map(clean),
      failedAssertions: response.failedAssertions.map((failed) => ({
        ...failed,
        actual: clean(failed.actual),
      })),
    },
  };
}
