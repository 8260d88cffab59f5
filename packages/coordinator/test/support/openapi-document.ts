/** What tests read of the API's own document. */
import type { TSchema } from 'typebox';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { in: string; name: string; schema: TSchema }[];
  readonly requestBody?: { content: Record<string, { schema: TSchema }> };
  readonly responses: Record<
    string,
    { description?: string; content?: Record<string, { schema: TSchema }> }
  >;
}

export interface Document {
  readonly openapi: string;
  readonly info: { title: string; version: string };
  readonly paths: Record<string, Record<string, Operation>>;
}
