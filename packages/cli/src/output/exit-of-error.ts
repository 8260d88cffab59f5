/** Which exit code an error ends a command with. */
import { ERROR_CATALOGUE, type ErrorCode } from '@trustmonitor/protocol';
import { EXIT, type ExitCode } from '../exit.ts';

/** Those whose HTTP status does not say what they mean on a command line. */
const SPECIAL: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  'data.unwritable': EXIT.notAllowed,
};

/** The catalogue's HTTP status sorts errors into the same kinds that exit codes do. */
const EXIT_OF_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.notFound,
  413: EXIT.usage,
  422: EXIT.usage,
  503: EXIT.unreachable,
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return SPECIAL[code] ?? EXIT_OF_STATUS[ERROR_CATALOGUE[code].http] ?? EXIT.failed;
}
