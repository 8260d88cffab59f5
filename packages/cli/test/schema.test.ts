import { readFile } from 'node:fs/promises';
import { parserOf } from '@trustmonitor/protocol';
import { expect, test } from 'vitest';
import { tm } from './harness.ts';

test('the schema that is published is the one that is printed, and tells good from bad', async () => {
  const { code, stdout } = await tm(['schema']);
  expect(code).toBe(0);
  const file = new URL('../../../docs/trustmonitor.schema.json', import.meta.url);
  const published: unknown = JSON.parse(await readFile(file, 'utf8'));
  const printed = JSON.parse(stdout) as object;
  expect(published, 'run: trustmonitor schema > docs/trustmonitor.schema.json').toEqual(printed);

  const parser = parserOf(printed as Parameters<typeof parserOf>[0]);
  const withMonitor = (monitor: object) => ({
    apiVersion: 'trustmonitor/v1',
    monitors: [monitor],
  });
  const shop = { name: 'Shop', url: 'https://shop.example/' };
  expect(() => parser.parse(withMonitor({ ...shop, interval: '30s' }), 'the file')).not.toThrow();
  expect(() => parser.parse(withMonitor({ ...shop, intervall: '30s' }), 'the file')).toThrow();
  expect(() => parser.parse({ monitors: [shop] }, 'the file')).toThrow();
});
