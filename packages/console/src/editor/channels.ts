/**
 * Channels as forms have them, made of each kind's schema. In a part of its own: it needs the
 * schemas. A field is one text: what is a list there is written by commas, and secrets by spaces.
 */
import {
  ChannelInput,
  secretFieldsOf,
  type Channel,
  type ChannelType,
} from '@trustmonitor/protocol';
import { listOf, pairsOf } from '../model/selector.ts';

export interface ChannelField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly isRequired: boolean;
  /** `long`: of several lines. `choice`: one of `options`. */
  readonly shape: 'text' | 'long' | 'number' | 'list' | 'pairs' | 'choice' | 'secret' | 'secrets';
  readonly options: readonly string[];
}

/** By name; what is not there is empty. */
export type ChannelText = Readonly<Record<string, string>>;

/** What JSON Schema says of a field, as far as a form goes by it. */
interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly maxLength?: number;
  readonly anyOf?: readonly unknown[];
}

/** Those besides the id and the kind; the ones that have to be there come first. */
export function fieldsOf(type: ChannelType): ChannelField[] {
  const kind = ChannelInput.anyOf.find(({ properties }) => properties.type.const === type);
  if (kind === undefined) throw new Error(`there is no kind ${type}`);
  const required: readonly string[] = kind.required;
  const fields = Object.entries<FieldSchema>(kind.properties)
    .filter(([name]) => name !== 'id' && name !== 'type')
    .map(([name, schema]): ChannelField => {
      const shape = shapeOf(schema, secretFieldsOf(type).includes(name));
      return {
        ...{ name, shape, label: labelOf(name), options: schema.enum ?? [] },
        hint: schema.description ?? HINTS[shape] ?? '',
        isRequired: required.includes(name),
      };
    });
  return fields.toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired));
}

const HINTS: Partial<Record<ChannelField['shape'], string>> = {
  list: 'by commas',
  pairs: 'name=value, by commas',
  secrets: 'several by spaces',
};

function shapeOf(schema: FieldSchema, isSecret: boolean): ChannelField['shape'] {
  if (isSecret) return schema.type === 'array' ? 'secrets' : 'secret';
  if (schema.enum !== undefined) return 'choice';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'pairs';
  if (schema.type === 'integer') return 'number';
  return (schema.maxLength ?? 0) > 10_000 ? 'long' : 'text';
}

const ACRONYMS: Readonly<Record<string, string>> = {
  url: 'URL',
  urls: 'URLs',
  api: 'API',
  id: 'ID',
  ca: 'CA (PEM)',
};

/** `apiUrl` -> `API URL`, `routingKey` -> `Routing key`. */
function labelOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).split(' ');
  const label = words.map((word) => ACRONYMS[word] ?? word).join(' ');
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** What is stored, to be changed: secrets are shown to nobody, so theirs are empty. */
export function textOfChannel(channel: Channel): ChannelText {
  const values: Readonly<Record<string, unknown>> = channel;
  const texts = fieldsOf(channel.type).map(({ name, shape }) => {
    const value = values[name];
    const isShown = value !== undefined && shape !== 'secret' && shape !== 'secrets';
    return [name, isShown ? textOf(value) : ''] as const;
  });
  return Object.fromEntries(texts);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, member]) => `${name}=${String(member)}`)
    .join(', ');
}

/** What was stored, and which of its secrets are to be forgotten. */
export interface Before {
  readonly channel: Channel;
  readonly forgotten: ReadonlySet<string>;
}

export const hasSecret = (channel: Channel, name: string): boolean => name in channel;

/** For the API. A stored secret in whose place nothing was typed is kept: its reference says so. */
export function channelOf(
  type: ChannelType,
  id: string,
  text: ChannelText,
  before: Before | null = null,
): Readonly<Record<string, unknown>> {
  const fields = fieldsOf(type).flatMap(({ name, shape }) => {
    const given = (text[name] ?? '').trim();
    if (given !== '') return [[name, valueOf(given, shape)] as const];
    if (shape !== 'secret' && shape !== 'secrets') return [];
    if (before === null || before.forgotten.has(name)) return [];
    const kept = (before.channel as Readonly<Record<string, unknown>>)[name];
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return { id, type, ...Object.fromEntries(fields) };
}

function valueOf(given: string, shape: ChannelField['shape']): unknown {
  switch (shape) {
    case 'number':
      return Number(given);
    case 'list':
      return listOf(given);
    case 'pairs':
      return pairsOf(given);
    case 'secrets':
      return given.split(/\s+/);
    case 'text':
    case 'long':
    case 'choice':
    case 'secret':
      return given;
  }
}
