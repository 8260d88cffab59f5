/** Listens to a stream of server-sent events, as a browser would. */
import { until } from './until.ts';

export interface SentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class Listener {
  readonly events: SentEvent[] = [];
  readonly #abort = new AbortController();

  static async open(url: string, headers: Record<string, string>): Promise<Listener> {
    const listener = new Listener();
    const response = await fetch(url, { headers, signal: listener.#abort.signal });
    if (response.status !== 200 || response.body === null) {
      throw new Error(`${url}: ${response.status} ${await response.text()}`);
    }
    void listener.#read(response.body).catch(() => undefined);
    return listener;
  }

  until(
    event: string,
    test: (data: SentEvent['data']) => boolean = () => true,
  ): Promise<SentEvent> {
    return until(`the event ${event}`, () =>
      this.events.find((sent) => sent.event === event && test(sent.data)),
    );
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) this.#take(part);
    }
  }

  #take(part: string): void {
    const fields = new Map(
      part.split('\n').map((line): [string, string] => {
        const at = line.indexOf(': ');
        return [line.slice(0, at), line.slice(at + 2)];
      }),
    );
    const [event, data] = [fields.get('event'), fields.get('data')];
    if (event === undefined || data === undefined) return;
    const parsed = JSON.parse(data) as SentEvent['data'];
    this.events.push({ id: fields.get('id') ?? '', event, data: parsed });
  }
}
