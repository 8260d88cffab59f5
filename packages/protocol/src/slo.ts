/** Objectives about several monitors. */
import Type, { type Static } from 'typebox';
import { parserOf } from './parse.ts';
import { Nullable, Slug, Strict } from './schema.ts';
import { Selector } from './selector.ts';
import { completeServiceLevel, ServiceLevel, ServiceLevelInput } from './service-level.ts';
import { slugOf } from './slug.ts';

export const SloInput = Strict({
  id: Type.Optional(Slug),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  selector: Selector,
  alerts: Type.Optional(
    Type.Array(Strict({ notify: Slug, onResolve: Type.Optional(Type.Boolean()) }), {
      maxItems: 16,
    }),
  ),
  ...ServiceLevelInput.properties,
});
export type SloInput = Static<typeof SloInput>;

export const sloInputParser = parserOf(SloInput);

export const Slo = Strict({
  id: Slug,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  selector: Selector,
  level: ServiceLevel,
  /** Whom to tell; null: every channel there is. */
  alerts: Nullable(
    Type.Array(Strict({ notify: Slug, onResolve: Type.Boolean() }), { maxItems: 16 }),
  ),
});
export type Slo = Static<typeof Slo>;

/** Fills in every default. Throws `input.invalid` with the pointer of the field. */
export function completeSlo(input: SloInput): Slo {
  const { id, name, selector, alerts, ...level } = input;
  return {
    id: id ?? slugOf(name),
    name,
    selector,
    level: completeServiceLevel(level, ''),
    alerts:
      alerts?.map(({ notify, onResolve }) => ({ notify, onResolve: onResolve ?? true })) ?? null,
  };
}
