/** Monitors and routes as people write them, in a part of its own: it needs the schemas and YAML. */
import {
  writtenMonitor,
  writtenRouting,
  type MonitorRevisionResource,
  type Routing,
} from '@trustmonitor/protocol';
import { parse, stringify } from 'yaml';
import type { Fields } from '../model/draft.ts';

export const writtenOf = (definition: MonitorRevisionResource['definition']): Fields =>
  writtenMonitor(definition);

export const writtenRoutingOf = (routing: Routing): Fields => writtenRouting(routing);

export const yamlOf = (written: Fields): string => stringify(written, { lineWidth: 0 });

/** Throws an error that says where, for what is no YAML or no mapping. */
export function fromYaml(text: string): Fields {
  const value: unknown = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error('It must be a mapping, such as name: …, url: …');
}
