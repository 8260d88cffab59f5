import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { SourceDocument } from '../src/monitors-file/document.ts';
import { duplicateMonitors } from '../src/monitors-file/duplicates.ts';
import type { Fault } from '../src/monitors-file/fault.ts';
import { parseSource } from '../src/monitors-file/parse-source.ts';
import {
  checkTopLevel,
  readChannels,
  readDefaults,
  readMonitors,
} from '../src/monitors-file/sections.ts';

/** Reads a text as `loadMonitors` does, without a file. */
function read(text: string): readonly Fault[] {
  const source = parseSource('m.yaml', text, {});
  if (!(source instanceof SourceDocument)) return source;
  const faults: Fault[] = [];
  if (!checkTopLevel(source, faults)) return faults;
  const defaults = readDefaults(source, faults) ?? {};
  readChannels(source, faults);
  const monitors = readMonitors(source, defaults, faults);
  const placed = monitors.map((item, i) => ({ source, path: ['monitors', String(i)], item }));
  return [...faults, ...duplicateMonitors(placed)];
}

const lines = (text: string) => text.split('\n').length;

test('no text makes the reader stumble, and every fault lies inside the text', () => {
  const fragment = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '&x',
    '*x',
    '{',
    '}',
    '[',
    '"',
    '\t',
    '#',
    '${',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(fragment, { maxLength: 30 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (written) => {
      for (const { line, column } of read(written)) {
        expect(line).toBeLessThanOrEqual(lines(written));
        expect(column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 60 },
  );
});

test('no value in place of a monitor, a key or a section makes the reader stumble', () => {
  const key = fc.constantFrom(
    'id',
    'name',
    'url',
    'interval',
    'quorum',
    'assertions',
    'http',
    'alerts',
    'confirm',
    'x',
  );
  const monitor = fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()));
  const file = fc.record({
    apiVersion: fc.constant('trustmonitor/v1'),
    defaults: fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())),
    notifications: fc.oneof(fc.jsonValue(), fc.array(monitor)),
    monitors: fc.oneof(fc.jsonValue(), fc.array(monitor)),
  });
  fc.assert(
    fc.property(file, (value) => {
      for (const { line } of read(stringify(value))) expect(line).toBeGreaterThan(0);
    }),
    { numRuns: 60 },
  );
});
