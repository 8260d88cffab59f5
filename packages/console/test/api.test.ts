/** How the console reads: what is loaded later, one read at a time, and a feed that comes back. */
import { expect, test } from 'vitest';
import { loadPart } from '../src/api/part.ts';
import { asError } from '../src/model/errors.ts';

test('a part that is gone after an upgrade says what to do', async () => {
  const cause = new TypeError('Failed to fetch dynamically imported module');
  await expect(loadPart(() => Promise.reject(cause))).rejects.toMatchObject({
    message: expect.stringContaining('load the page again') as string,
    cause,
  });
  expect(await loadPart(() => Promise.resolve(1))).toBe(1);
  expect([asError(cause), asError('x').message]).toEqual([cause, 'x']);
});
