/** HTTP/1.1 over a socket of our own: what most probes are, with nothing in between. */
import { closedFailure, socketFailure } from '../failure.ts';
import type { ContentCollector } from './content.ts';
import type { Exchange, ResponseHead, WireRequest } from './exchange.ts';
import { ResponseParser } from './response-parser.ts';

export const exchangeHttp1: Exchange = (run, socket, request, contentOf) =>
  run.step('exchange', (done, fail) => {
    let head: ResponseHead | undefined;
    let content: ContentCollector | null = null;
    let phaseAt = performance.now();

    const parser = new ResponseParser(request.method, {
      onHead(parsed) {
        head = parsed;
        content = contentOf(parsed);
        return content !== null;
      },
      onContent: (chunk) => content?.add(chunk),
    });
    const finish = (complete: boolean): void => {
      if (!complete || head === undefined) return;
      run.mark('transferUs', phaseAt);
      // Its close is no failure any more, and a failure that nobody needs costs a stack trace.
      socket.removeAllListeners('close').pause();
      done({ head, content });
    };
    const guarded = (take: () => void): void => {
      try {
        take();
      } catch (error) {
        socket.pause();
        fail(error);
      }
    };

    socket.once('data', () => (phaseAt = run.mark('processingUs', phaseAt)));
    socket.on('data', (chunk: Buffer) => guarded(() => finish(parser.feed(chunk))));
    socket.once('end', () => guarded(() => finish(parser.end())));
    socket.once('error', (error) => fail(socketFailure(error, 'exchange')));
    socket.once('close', () => fail(closedFailure('exchange')));
    socket.write(serialise(request));
  });

function serialise({ method, url, headers, body }: WireRequest): string {
  let text = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: close\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  if (body !== null) text += `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${text}\r\n${body ?? ''}`;
}
