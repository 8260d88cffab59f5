/** A POST that is sent again under its Idempotency-Key. */
import { isDeepStrictEqual } from 'node:util';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { expect } from 'vitest';
import type { Answer, ApiClient, Request } from './api-client.ts';

export interface Sent {
  readonly path: string;
  readonly call: Request;
  /** Of its body; undefined for one that has none. */
  readonly schema: TSchema | undefined;
}

/** The same key: the same answer for the same request, and none for another. */
export async function expectKept(
  api: ApiClient,
  { path, call, schema }: Sent,
  first: Answer<unknown>,
): Promise<void> {
  const again = await api.call<unknown>('POST', path, call);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  for (const header of ['content-type', 'location', 'etag']) {
    expect(again.headers.get(header)).toBe(first.headers.get(header));
  }
  expect([again.status, again.text]).toEqual([first.status, first.text]);
  const body = schema === undefined ? {} : anotherBody(schema, call.body as object);
  const other = await api.call('POST', path, { ...call, body });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency.reused']);
}

/** One that fits as well, and differs in one field. */
function anotherBody(schema: TSchema, body: object): object {
  const { properties = {} } = schema as { properties?: object };
  const names = Object.keys({ ...properties, ...body });
  const values = ['another', '2998-01-01T00:00:00.000Z', 7, true, [], ['read']];
  const found = names
    .flatMap((name) => values.map((value) => ({ ...body, [name]: value })))
    .find((other) => Value.Check(schema, other) && !isDeepStrictEqual(other, body));
  if (found === undefined) throw new Error(`no other body fits ${JSON.stringify(schema)}`);
  return found;
}
