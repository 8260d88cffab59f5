/** What a schema cannot see of a check: whether its expressions, URL and certificates compile. */
import {
  type Assertion,
  type CheckDefinition,
  formatAssertion,
  TrustMonitorError,
} from '@trustmonitor/protocol';
import { compilePath, compileRegex, compileSchema } from './assertions/engines.ts';

/**
 * Throws for the first fault: `assertion.invalid` or `input.invalid`, with the JSON pointer into
 * the definition and, for a JSON path, the column. To be called when a monitor is written.
 */
export function validateCheck(check: CheckDefinition): void {
  check.assertions.forEach((assertion, i) => validateAssertion(assertion, `/assertions/${i}`));
  if ('url' in check && !URL.canParse(check.url)) {
    throw invalid('/url', `"${check.url}" is not a URL`);
  }
}

function validateAssertion(assertion: Assertion, pointer: string): void {
  const compile = (what: string, make: () => unknown): void => {
    try {
      make();
    } catch (error) {
      const detail = `${what} does not compile: ${reasonOf(error)}`;
      const text = formatAssertion(assertion);
      throw new TrustMonitorError('assertion.invalid', `${text}: ${detail}`, {
        where: pointer,
        fields: [{ pointer, detail }],
      });
    }
  };
  if (assertion.subject === 'json') compile('the JSON path', () => compilePath(assertion.path));
  if (assertion.subject === 'jsonSchema')
    compile('the schema', () => compileSchema(assertion.schema));
  if ('op' in assertion && (assertion.op === 'matches' || assertion.op === 'not matches')) {
    compile('the regular expression', () => compileRegex(assertion.value));
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const index = 'token' in error && (error.token as { index?: number }).index;
  return typeof index === 'number' ? `${error.message} (column ${index + 1})` : error.message;
}

function invalid(pointer: string, detail: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', `${pointer} ${detail}`, {
    where: pointer,
    fields: [{ pointer, detail }],
  });
}
