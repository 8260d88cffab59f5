/**
 * What is wrong with a value, where its schema holds unions that are told apart by their `type`.
 *
 * Every branch refuses a value that is wrong in one of them, and a validator stops after a few
 * errors: so the branch that the value means is asked alone.
 */
import type { TSchema } from 'typebox';
import { Errors } from 'typebox/schema';
import { settleUnions } from './union-errors.ts';

export interface RawError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** The part of JSON Schema that is looked at. */
interface Node {
  readonly anyOf?: readonly Node[];
  readonly const?: unknown;
  readonly type?: unknown;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
}

/** Fits everything. */
const ANY: Node = {};

export function errorsOf(schema: Node, value: unknown, pointer = ''): RawError[] {
  const types = typesOf(schema);
  if (types !== null) return errorsOfUnion(types, value, pointer);
  const { items } = schema;
  if (items !== undefined && isList(schema, value)) {
    const whole = plainErrors({ ...schema, items: ANY }, value, pointer);
    return [...whole, ...value.flatMap((item, i) => errorsOf(items, item, `${pointer}/${i}`))];
  }
  const parts = partsOf(schema, value);
  const open = Object.fromEntries(parts.map(([name]) => [name, ANY]));
  return [
    ...plainErrors({ ...schema, properties: { ...schema.properties, ...open } }, value, pointer),
    ...parts.flatMap(([name, part, member]) => errorsOf(part, member, `${pointer}/${name}`)),
  ];
}

function errorsOfUnion(
  types: ReadonlyMap<unknown, Node>,
  value: unknown,
  pointer: string,
): RawError[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) return plainErrors({ type: 'object' }, value, pointer);
  if (!('type' in value)) {
    const params = { requiredProperties: ['type'] };
    return [{ keyword: 'required', instancePath: pointer, params, message: '' }];
  }
  const meant = types.get(value.type);
  if (meant !== undefined) return plainErrors(meant, value, pointer);
  const params = { allowedValues: [...types.keys()] };
  return [{ keyword: 'enum', instancePath: `${pointer}/type`, params, message: '' }];
}

/** The branches of a union by their types; null for what is no such union. */
function typesOf({ anyOf }: Node): Map<unknown, Node> | null {
  if (anyOf === undefined) return null;
  const types = new Map(anyOf.map((branch) => [branch.properties?.['type']?.const, branch]));
  return types.size === anyOf.length && !types.has(undefined) ? types : null;
}

function isList({ items }: Node, value: unknown): value is unknown[] {
  return items !== undefined && typesOf(items) !== null && Array.isArray(value);
}

/** Members whose schema is such a union, or a list of them, with their values. */
function partsOf({ properties = {} }: Node, value: unknown): [string, Node, unknown][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(properties).flatMap(([name, part]): [string, Node, unknown][] => {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member === undefined) return [];
    return typesOf(part) !== null || isList(part, member) ? [[name, part, member]] : [];
  });
}

function plainErrors(schema: Node, value: unknown, pointer: string): RawError[] {
  return settleUnions(Errors(schema as TSchema, value)[1]).map((error) => ({
    ...error,
    instancePath: pointer + error.instancePath,
  }));
}
