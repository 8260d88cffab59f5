/** What a schema cannot see of a check: whether its expressions, URL and certificates compile. */
import { X509Certificate } from 'node:crypto';
import {
  type Assertion,
  type CheckDefinition,
  formatAssertion,
  type TlsSettings,
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
  if (check.type === 'tcp') {
    check.tcp.script.forEach((step, i) => {
      if ('expect' in step) validateRegex(step.expect, `/tcp/script/${i}/expect`);
    });
  }
  if (check.type === 'websocket' && check.websocket.expect !== null) {
    validateRegex(check.websocket.expect, '/websocket/expect');
  }
  const { settings, pointer } = tlsOf(check);
  if (settings !== null) validateTls(settings, pointer);
}

interface TlsPlace {
  readonly settings: TlsSettings | null;
  readonly pointer: string;
}

function tlsOf(check: CheckDefinition): TlsPlace {
  switch (check.type) {
    case 'http':
      return { settings: check.http.tls, pointer: '/http/tls' };
    case 'tcp':
      return { settings: check.tcp.tls, pointer: '/tcp/tls' };
    case 'tls':
      return { settings: check.tls, pointer: '/tls' };
    case 'grpc':
      return { settings: check.grpc.tls, pointer: '/grpc/tls' };
    case 'websocket':
      return { settings: check.websocket.tls, pointer: '/websocket/tls' };
    case 'smtp':
      return { settings: check.smtp.tls, pointer: '/smtp/tls' };
    case 'dns':
    case 'icmp':
    case 'heartbeat':
      return { settings: null, pointer: '' };
  }
}

function validateTls({ ca, client }: TlsSettings, pointer: string): void {
  const certificates = [
    [ca, `${pointer}/ca`],
    [client?.certificate ?? null, `${pointer}/client/certificate`],
  ] as const;
  for (const [pem, where] of certificates) {
    if (pem === null) continue;
    try {
      new X509Certificate(pem);
    } catch (error) {
      throw invalid(where, `is not a certificate in PEM: ${reasonOf(error)}`);
    }
  }
}

function validateRegex(pattern: string, pointer: string): void {
  try {
    compileRegex(pattern);
  } catch (error) {
    throw invalid(pointer, `is not a regular expression (RE2): ${reasonOf(error)}`);
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
