/** Monitors as people write them, in a part of its own: it needs the schemas and YAML. */
import { writtenMonitor, type MonitorRevisionResource } from '@trustmonitor/protocol';
import { parse, stringify } from 'yaml';
import type { Fields } from '../model/draft.ts';

export const writtenOf = (definition: MonitorRevisionResource['definition']): Fields =>
  writtenMonitor(definition);

export const yamlOf = (written: Fields): string => stringify(written, { lineWidth: 0 });

/** Throws an error that says where, for what is no YAML or no mapping. */
export function fromYaml(text: string): Fields {
  const value: unknown = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error('A monitor is a mapping: name: …, url: …');
}
