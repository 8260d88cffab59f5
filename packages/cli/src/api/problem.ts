/** Errors of the API as errors of ours. */
import {
  ERROR_CATALOGUE,
  TrustMonitorError,
  problemParser,
  type ErrorCode,
  type Problem,
} from '@trustmonitor/protocol';

/** What an answer of 400 or above means. Every such answer of ours is problem+json. */
export function errorOfAnswer(status: number, body: string, where: string): TrustMonitorError {
  const problem = parseProblem(body);
  if (problem === null) {
    return new TrustMonitorError(
      codeOfStatus(status),
      `${where} answered ${status}, and not as the TrustMonitor API does`,
      { where, hint: 'check that the URL is that of a TrustMonitor API, not of a proxy before it' },
    );
  }
  const code = isKnown(problem.code) ? problem.code : codeOfStatus(status);
  return new TrustMonitorError(code, problem.detail || problem.title, {
    where: problem.errors[0]?.pointer,
    hint: problem.hint ?? hintFor(code),
    fields: problem.errors,
  });
}

function parseProblem(body: string): Problem | null {
  try {
    return problemParser.parseJson(body, 'problem');
  } catch {
    return null;
  }
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}

/** For a code that this build does not know (the API may be newer), or for no code at all. */
function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'auth.refused';
    case 403:
      return 'auth.forbidden';
    case 404:
      return 'not_found';
    case 409:
    case 412:
      return 'conflict';
    case 422:
      return 'input.invalid';
    case 429:
      return 'rate.limited';
    default:
      return status >= 500 ? 'api.unreachable' : 'input.malformed';
  }
}

function hintFor(code: ErrorCode): string | undefined {
  if (code === 'auth.missing' || code === 'auth.refused') {
    return 'check --token-file or TM_TOKEN: the token may be of another network, or revoked';
  }
  return code === 'auth.forbidden' ? 'use a token whose scopes cover this' : undefined;
}
