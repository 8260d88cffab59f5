/** The top level of a monitors file, section by section. */
import {
  ChannelInput,
  FiledMonitor,
  Monitor,
  MonitorDefaults,
  OwnerName,
  RoutingInput,
  SloInput,
  Strict,
  channelParser,
  completeMonitor,
  completeRouting,
  completeSlo,
  monitorInputParser,
  parserOf,
  routingInputParser,
  sloInputParser,
} from '@trustmonitor/protocol';
import type { SourceDocument } from './document.ts';
import type { Fault } from './fault.ts';
import { at, findMisfits, type Misfit } from './misfits.ts';
import type { Path } from './pointer.ts';
import { branchesOf, type SchemaNode } from './schema-node.ts';
import { findUnknownKeys, unknown, type UnknownKey } from './unknown-keys.ts';
import { checkWindowsOf, monitorOf } from './filed-monitor.ts';

export const API_VERSION = 'trustmonitor/v1';

const SECTIONS = [
  'apiVersion',
  'owner',
  'defaults',
  'regions',
  'notifications',
  'routing',
  'slos',
  'maintenance',
  'monitors',
];

const ownerParser = parserOf(OwnerName);
const defaultsParser = parserOf(MonitorDefaults);
/** A complete monitor is stricter than an input about how a region is spelt. */
const regionsParser = parserOf(Strict({ regions: Monitor.properties.regions }));

/** False, with a fault, for a document that has no sections at all. */
export function checkTopLevel(source: SourceDocument, faults: Fault[]): boolean {
  const { value } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push(source.fault([], `must be a map with the keys ${SECTIONS.join(', ')}`));
    return false;
  }
  for (const key of Object.keys(value)) {
    if (!SECTIONS.includes(key)) faults.push(source.keyFault([key], unknown(key, SECTIONS)));
  }
  const path = ['apiVersion'];
  const version = at(value, path);
  if (version === undefined) {
    faults.push(source.fault(path, `is required; write "apiVersion: ${API_VERSION}" first`));
  } else if (version !== API_VERSION) {
    faults.push(source.fault(path, `must be ${API_VERSION}, the only version there is`));
  }
  return true;
}

/** Whose monitors the file holds; null when it does not say, or not well. */
export function readOwner(source: SourceDocument, faults: Fault[]): OwnerName | null {
  const path = ['owner'];
  const owner = at(source.value, path);
  if (owner === undefined || owner === null) return null;
  const isSound = checkValue(source, path, OwnerName, faults, (rest) => {
    ownerParser.parse(rest);
  });
  return isSound ? (owner as OwnerName) : null;
}

/** The defaults of a file; null when it has none or they are at fault. */
export function readDefaults(source: SourceDocument, faults: Fault[]): MonitorDefaults | null {
  const path = ['defaults'];
  const value = at(source.value, path);
  if (value === undefined || value === null) return null;
  const isSound = checkValue(source, path, MonitorDefaults, faults, (rest) => {
    const defaults = defaultsParser.parse(rest);
    // A monitor of nothing but the defaults shows what a schema cannot. Its interval is long, so
    // that a timeout is measured only against the interval of a monitor that has it.
    const interval = defaults.interval ?? '1d';
    completeMonitor({ name: 'x', url: 'http://x.invalid/', interval }, defaults);
  });
  return isSound ? value : null;
}

/** Who is told, as a file says it; null when it does not, or not well. */
export function readRouting(source: SourceDocument, faults: Fault[]): RoutingInput | null {
  const path = ['routing'];
  const value = at(source.value, path);
  if (value === undefined || value === null) return null;
  const isSound = checkValue(source, path, RoutingInput, faults, (rest) => {
    completeRouting(routingInputParser.parse(rest));
  });
  return isSound ? value : null;
}

/** The channels of a file. What is at fault is in the list too. */
export function readChannels(source: SourceDocument, faults: Fault[]): ChannelInput[] {
  const items = readList(source, 'notifications', faults);
  for (const [i, item] of items.entries()) {
    checkValue(source, ['notifications', String(i)], kindOf(item), faults, (rest) => {
      channelParser.parse(rest);
    });
  }
  return items as ChannelInput[];
}

/** The schema of this kind of channel: keys of the other kinds are not known to it. */
function kindOf(channel: unknown): SchemaNode {
  const type = at(channel, ['type']);
  const kinds = branchesOf(ChannelInput);
  return kinds.find(({ properties }) => properties?.['type']?.const === type) ?? ChannelInput;
}

/** The objectives of a file. What is at fault is in the list too. */
export function readSlos(source: SourceDocument, faults: Fault[]): SloInput[] {
  const items = readList(source, 'slos', faults);
  for (const i of items.keys()) {
    checkValue(source, ['slos', String(i)], SloInput, faults, (item) => {
      completeSlo(sloInputParser.parse(item));
    });
  }
  return items as SloInput[];
}

/** The monitors of a file, each checked with the defaults. What is at fault is in the list too. */
export function readMonitors(
  source: SourceDocument,
  defaults: MonitorDefaults,
  faults: Fault[],
): FiledMonitor[] {
  const items = readList(source, 'monitors', faults);
  for (const i of items.keys()) {
    checkValue(
      source,
      ['monitors', String(i)],
      FiledMonitor,
      faults,
      (item) => {
        const written = item as FiledMonitor;
        const input = monitorInputParser.parse(monitorOf(written));
        const { regions } = completeMonitor(input, defaults);
        regionsParser.parse({ regions });
        checkWindowsOf(written);
      },
      defaults,
    );
  }
  return items as FiledMonitor[];
}

export function readList(source: SourceDocument, section: string, faults: Fault[]): unknown[] {
  const value = at(source.value, [section]);
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  faults.push(source.fault([section], 'must be a list, each item after a dash'));
  return [];
}

/** Unknown keys, then everything that `check` refuses, each at its own place. True for none. */
export function checkValue(
  source: SourceDocument,
  path: Path,
  schema: object,
  faults: Fault[],
  check: (value: unknown) => void,
  defaults: MonitorDefaults = {},
): boolean {
  const value = at(source.value, path);
  const node = schema as SchemaNode;
  const unknownKeys = findUnknownKeys(value, node, []);
  for (const key of unknownKeys) faults.push(source.keyFault([...path, ...key.path], key.what));
  const misfits = findMisfits(withoutKeys(value, unknownKeys), node, check).filter(
    (misfit) => !followsFrom(misfit, unknownKeys),
  );
  for (const { path: inside, what } of misfits) {
    const [key = ''] = inside;
    const isInherited = at(value, [key]) === undefined && key in defaults;
    const origin = isInherited ? ' (it comes from defaults)' : '';
    faults.push(source.fault([...path, ...inside], what + origin));
  }
  return unknownKeys.length + misfits.length === 0;
}

/** What is missing where a key is misspelt is most likely that key. */
function followsFrom(misfit: Misfit, unknownKeys: readonly UnknownKey[]): boolean {
  const isInside = (parent: Path) =>
    unknownKeys.some(({ path }) => path.slice(0, -1).join('/') === parent.join('/'));
  return misfit.what.startsWith('is required')
    ? isInside(misfit.path.slice(0, -1))
    : isInside(misfit.path);
}

function withoutKeys(value: unknown, keys: readonly UnknownKey[]): unknown {
  const copy = structuredClone(value);
  for (const { path } of keys) {
    const parent = at(copy, path.slice(0, -1)) as object;
    Reflect.deleteProperty(parent, path.at(-1) ?? '');
  }
  return copy;
}
