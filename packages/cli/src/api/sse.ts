/** Lines -> server-sent events (HTML Living Standard, section 9.2), as our own API writes them. */

export interface ServerSentEvent {
  /** Empty where it has none. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Null for each sign of life that is no event: comments, and what else tells nothing. */
export async function* eventsOf(
  lines: AsyncIterable<string>,
): AsyncGenerator<ServerSentEvent | null> {
  let fields = new Map<string, string>();
  for await (const line of lines) {
    if (line !== '') {
      const [, name = '', value = ''] = /^([^:]*):? ?(.*?)\r?$/.exec(line) ?? [];
      if (name === '') yield null;
      else fields.set(name, value);
      continue;
    }
    const data = fields.get('data');
    yield data === undefined
      ? null
      : { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data };
    fields = new Map();
  }
}
