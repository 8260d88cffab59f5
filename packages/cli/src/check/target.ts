/** What stands on the command line -> what is to be checked. */
import { TrustMonitorError, type CheckInput } from '@trustmonitor/protocol';

const EXAMPLES =
  'https://shop.example/, tcp://db.example:5432, tls://shop.example, dns://shop.example';

type Target = Pick<CheckInput, 'type' | 'url' | 'host' | 'port' | 'smtp'>;

/** `shop.example` alone is https. Throws `input.malformed`. */
export function targetFrom(text: string): Target {
  const url = parse(text.includes('://') ? text : `https://${text}`, text);
  const scheme = url.protocol.slice(0, -1);
  switch (scheme) {
    case 'http':
    case 'https':
      return { url: text.includes('://') ? text : `https://${text}` };
    case 'ws':
    case 'wss':
      return { type: 'websocket', url: text };
    case 'tcp':
    case 'tls':
    case 'dns':
    case 'icmp':
    case 'grpc':
    case 'smtp':
      return {
        type: scheme,
        host: url.hostname,
        ...(url.port === '' ? {} : { port: Number(url.port) }),
      };
    default:
      throw unreadable(text);
  }
}

/**
 * `eu,us` -> region patterns: a name stands for the region, or for all that begin with it and a
 * dash. In the order given, with what each was made from.
 */
export function wishesFrom(texts: readonly string[]): { text: string; patterns: string[] }[] {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  return names
    .filter((name) => name !== '')
    .map((text) => ({ text, patterns: text.includes('*') ? [text] : [text, `${text}-*`] }));
}

function parse(full: string, text: string): URL {
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url === null || url.hostname === '') throw unreadable(text);
  return url;
}

function unreadable(text: string): TrustMonitorError {
  return new TrustMonitorError('input.malformed', `"${text}" is not something to check`, {
    hint: `write a URL, such as ${EXAMPLES}`,
  });
}
