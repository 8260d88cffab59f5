/** A public status page, as people write it and as it is kept: what outsiders may see of monitors. */
import Type, { type Static } from 'typebox';
import { Selector } from './selector.ts';
import { Slug, Strict } from './schema.ts';

const Line = Type.String({ minLength: 1, maxLength: 100, pattern: String.raw`\S` });
const Address = Type.String({ maxLength: 2_048, pattern: '^https?://[^\\s"<>]+$' });

export const StatusPage = Strict({
  id: Slug,
  title: Line,
  description: Type.Optional(Type.String({ maxLength: 500 })),
  /** Where the title leads to. */
  homepage: Type.Optional(Address),
  /** An image, which visitors' browsers load from there. */
  logo: Type.Optional(Address),
  /** `#rrggbb`, of links and of the line above the page. */
  accent: Type.Optional(Type.String({ pattern: '^#[0-9a-fA-F]{6}$' })),
  /** In the order of the page. A monitor is shown in the first group that selects it. */
  groups: Type.Array(Strict({ name: Line, select: Selector }), { minItems: 1, maxItems: 50 }),
  /** What the public reads instead of a monitor's name, by the monitor's id. */
  names: Type.Optional(Type.Record(Slug, Line)),
  evidence: Type.Optional(
    Type.Boolean({
      description:
        'Whether anybody may download the evidence bundles of incidents. A bundle holds the check as ' +
        'it was signed: its address, headers and assertions, but no secret. Without this nothing of a ' +
        "monitor's configuration is in any file of the page.",
    }),
  ),
});
export type StatusPage = Static<typeof StatusPage>;

/** The page as files, with their paths below the address that it is to be served at. */
export const StatusPageFiles = Strict({
  base: Type.String({
    maxLength: 2_048,
    pattern: '^https?://[^\\s"<>?#]+/$',
    description: 'Where it will be: an address with a slash at its end.',
    examples: ['https://status.example/'],
  }),
  files: Type.Array(Strict({ path: Type.String(), type: Type.String(), text: Type.String() })),
});
export type StatusPageFiles = Static<typeof StatusPageFiles>;
