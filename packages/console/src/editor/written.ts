/** Monitors, objectives and routes as people write them, in a part of its own: it needs the schemas and YAML. */
import {
  CheckInput,
  writtenMonitor,
  writtenRouting,
  writtenSlo,
  type MonitorRevisionResource,
  type Routing,
  type SloResource,
} from '@trustmonitor/protocol';
import { parse, stringify } from 'yaml';
import type { Fields } from '../model/draft.ts';

export const writtenOf = (definition: MonitorRevisionResource['definition']): Fields =>
  writtenMonitor(definition);

/**
 * What is asked once of a monitor as it is written: what makes it come back is left out. `id`: that
 * of the monitor that is edited, whose stored secrets count; null for one that is not stored yet.
 */
export function checkOf(written: Fields, id: string | null): Fields {
  const asked = Object.entries(written).filter(([name]) =>
    Object.hasOwn(CheckInput.properties, name),
  );
  return { ...Object.fromEntries(asked), ...(id === null ? {} : { secretsOf: id }) };
}

export const writtenRoutingOf = (routing: Routing): Fields => writtenRouting(routing);

/** Of an objective about several monitors; a monitor's own is written with the monitor. */
export const writtenSloOf = ({ id, name, selector, level, alerts }: SloResource): Fields =>
  writtenSlo({ id, name, selector: selector ?? {}, level, alerts });

export const yamlOf = (written: Fields): string => stringify(written, { lineWidth: 0 });

/** Throws an error that says where, for what is no YAML or no mapping. */
export function fromYaml(text: string): Fields {
  const value: unknown = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error('It must be a mapping, such as name: …, url: …');
}
