/** A public status page, as people write it and as it is kept: what outsiders may see of monitors. */
import Type, { type Static } from 'typebox';
import { Selector } from './selector.ts';
import { Slug, Strict } from './schema.ts';

const Line = Type.String({ minLength: 1, maxLength: 100, pattern: String.raw`\S` });
const Colour = Type.String({ pattern: '^#[0-9a-fA-F]{6}$' });
const Colours = Strict({ background: Colour, text: Colour });
const Address = Type.String({ maxLength: 2_048, pattern: '^https?://[^\\s"<>]+$' });

export const StatusPage = Strict({
  id: Slug,
  title: Line,
  description: Type.Optional(Type.String({ maxLength: 500 })),
  /** Where the title leads to. */
  homepage: Type.Optional(Address),
  logo: Type.Optional(
    Type.String({
      // 64 KiB in base64, and what is before it.
      maxLength: 87_420,
      pattern:
        '^(?:https?://[^\\s"<>]{1,2040}|data:image/(?:png|webp|jpeg);base64,[A-Za-z0-9+/]+={0,2})$',
      description:
        'PNG, WebP or JPEG as a data URL, of at most 64 KiB: a file of the page, exported with it. ' +
        "Or an image's address, which visitors' browsers load it from.",
    }),
  ),
  /** `#rrggbb`, of links and of the line above the page. */
  accent: Type.Optional(Colour),
  /** In place of the usual ones, each pair with a contrast of at least 4.5 to 1. */
  colours: Type.Optional(Strict({ light: Type.Optional(Colours), dark: Type.Optional(Colours) })),
  /** In the order of the page. A monitor is shown in the first group that selects it. */
  groups: Type.Array(Strict({ name: Line, select: Selector }), { minItems: 1, maxItems: 50 }),
  /** What the public reads instead of a monitor's name, by the monitor's id. */
  names: Type.Optional(Type.Record(Slug, Line)),
  listed: Type.Optional(
    Type.Boolean({
      description:
        'Whether `/status` names it where there are several pages; true unless said otherwise. ' +
        'Anybody can open it all the same.',
    }),
  ),
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
  files: Type.Array(
    Strict({
      path: Type.String(),
      type: Type.String(),
      text: Type.String(),
      /** Of a file that is no text: how its bytes are in `text`. */
      encoding: Type.Optional(Type.Literal('base64')),
    }),
  ),
});
export type StatusPageFiles = Static<typeof StatusPageFiles>;
