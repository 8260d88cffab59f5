/** The content as text and as JSON, made when somebody first asks for it. */
import type { Answer } from '../answer.ts';
import type { JSONValue } from './engines.ts';

export class Document {
  private readonly answer: Answer;
  private textOf: string | undefined;
  private jsonOf: { readonly value: JSONValue } | null | undefined;

  constructor(answer: Answer) {
    this.answer = answer;
  }

  get text(): string {
    this.textOf ??= decode(this.answer);
    return this.textOf;
  }

  /** Null when the content is not JSON. */
  get json(): { readonly value: JSONValue } | null {
    if (this.jsonOf === undefined) this.jsonOf = parse(this.text);
    return this.jsonOf;
  }
}

/** In the charset that the content type names; UTF-8 where it names none that we know. */
function decode({ content, headers }: Answer): string {
  const charset = /charset\s*=\s*"?([\w.:-]+)/i.exec(headers.get('content-type') ?? '')?.[1];
  const bytes = content ?? Buffer.alloc(0);
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function parse(text: string): { readonly value: JSONValue } | null {
  try {
    return { value: JSON.parse(text) as JSONValue };
  } catch {
    return null;
  }
}
