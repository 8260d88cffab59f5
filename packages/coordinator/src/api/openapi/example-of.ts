/**
 * An example for a schema, so that every operation of the document shows one: the schema's own
 * where it has one, else the smallest value that fits, with names that a reader can picture.
 */
interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly minimum?: number;
}

/** By the name of the field; used where it fits the field's type. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  id: 'checkout',
  name: 'Checkout',
  monitor: 'checkout',
  monitorName: 'Checkout',
  url: 'https://shop.example/health',
  target: 'https://shop.example/health',
  service: 'checkout',
  region: 'eu-west',
  regions: ['eu-west', 'us-east'],
  regionsDown: ['eu-west', 'us-east'],
  group: 'provider-a',
  owner: 'acme/shop',
  previousOwner: 'acme/shop',
  agent: 'eu-west-1',
  channel: 'ops',
  notify: 'ops',
  actor: 'admin',
  createdBy: 'admin',
  action: 'monitor.updated',
  subject: 'checkout',
  address: '203.0.113.9',
  note: 'The database was full; we are making room.',
  reason: 'the connection was refused (203.0.113.9:443)',
  from: '2026-12-01T01:00:00.000Z',
  until: '2026-12-01T03:00:00.000Z',
  quorum: 'majority',
  interval: '30s',
  timeout: '10s',
  scopes: ['monitors:read'],
  token: 'tm_...',
  network: 'example',
  version: '0.1.0',
  detail: 'reachable',
};

/** By what the text must look like. */
const BY_PATTERN: readonly (readonly [RegExp, string])[] = [
  [/7\[0-9a-f\]\{3\}/, '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17'],
  [/\[0-9a-f\]\{64\}/, 'c0ffee00'.repeat(8)],
  [/\[0-9a-f\]\{32\}/, 'c0ffee00'.repeat(4)],
  [/\\d\{4\}-\\d\{2\}-\\d\{2\}T/, '2026-01-31T12:00:00.000Z'],
  [/^\^tmj_/, `tmj_${'A'.repeat(43)}_00000000`],
  [/\[A-Z2-7\]\{55\}/, `U${'A'.repeat(55)}`],
  [/_-\]\{43\}/, 'A'.repeat(43)],
  [/\[A-Za-z0-9\+/, 'ZXhhbXBsZQ=='],
  [/\^https/, 'https://hooks.example/trustmonitor'],
  [/\[1-9\]\\d\{0,3\}/, 'majority'],
  [/\[a-z0-9/, 'checkout'],
];

export type Fits = (schema: unknown, value: unknown) => boolean;

/** `fits` says whether a value is one of the schema's; undefined where no value was found. */
export function exampleOf(schema: unknown, fits: Fits, name = ''): unknown {
  const known = schema as Schema;
  for (const candidate of candidates(known, fits, name)) {
    if (fits(schema, candidate)) return candidate;
  }
  return undefined;
}

function* candidates(schema: Schema, fits: Fits, name: string): Generator {
  yield* schema.examples ?? [];
  if ('const' in schema) yield schema.const;
  yield* schema.enum ?? [];
  if (name in BY_NAME) yield BY_NAME[name];
  for (const branch of schema.anyOf ?? []) yield exampleOf(branch, fits, name);
  if (schema.type === 'object') yield objectOf(schema, fits);
  if (schema.type === 'array') yield arrayOf(schema, fits, name);
  if (schema.type === 'string') yield* textsOf(schema);
  yield Math.max(schema.minimum ?? 0, 1);
  yield schema.minimum ?? 0;
  yield* [true, null, 'example', {}];
}

/** What is required; and of the rest what readers would write first. */
function objectOf({ properties = {}, required = [] }: Schema, fits: Fits): unknown {
  const shown = Object.keys(properties).filter(
    (key) =>
      required.includes(key) || ['name', 'url', 'quorum', 'note', 'from', 'until'].includes(key),
  );
  return Object.fromEntries(
    shown.map((key) => [key, exampleOf(properties[key], fits, key)] as const),
  );
}

function arrayOf({ items, minItems = 0 }: Schema, fits: Fits, name: string): unknown {
  if (items === undefined) return [];
  const item = exampleOf(items, fits, name);
  return Array.from({ length: Math.max(1, minItems) }, () => item);
}

function* textsOf({ pattern = '', format, minLength = 1 }: Schema): Generator<string> {
  if (format === 'uuid') yield '01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17';
  for (const [test, text] of BY_PATTERN) if (test.test(pattern)) yield text;
  yield 'example';
  yield 'x'.repeat(minLength);
  yield '';
}
