/** The protocol's schemas, read for what a message needs: known keys and descriptions. */
import type { Path } from './pointer.ts';

/** The part of JSON Schema that the protocol's schemas are made of. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** Keys that an object here may have; null where any key is allowed or it is no object. */
export function knownKeys(schema: SchemaNode): string[] | null {
  const objects = branchesOf(schema).filter(({ type }) => type === 'object');
  const closed = objects.flatMap(({ properties }) => Object.keys(properties ?? {}));
  const isOpen = objects.some(({ patternProperties }) => patternProperties !== undefined);
  return objects.length === 0 || isOpen ? null : [...new Set(closed)];
}

/** The schema of one member of an object or a list. */
export function memberOf(schema: SchemaNode, name: string): SchemaNode | undefined {
  const found = branchesOf(schema).flatMap((branch) => {
    const property = branch.properties?.[name] ?? Object.values(branch.patternProperties ?? {})[0];
    const member = branch.type === 'array' ? branch.items : property;
    return member === undefined ? [] : [member];
  });
  return found.length > 1 ? { anyOf: found } : found[0];
}

export function schemaAt(schema: SchemaNode, path: Path): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>(
    (node, name) => (node === undefined ? undefined : memberOf(node, name)),
    schema,
  );
}

/** What a union is made of, at any depth; any other schema is its own only branch. */
export function branchesOf(schema: SchemaNode): readonly SchemaNode[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(branchesOf);
}
