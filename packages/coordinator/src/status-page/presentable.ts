/** What a page may look like, as far as a schema cannot say it. */
import { TrustMonitorError, type FieldError, type StatusPage } from '@trustmonitor/protocol';
import { READABLE, contrastOf } from './colours.ts';
import { faultOfLogo } from './logo.ts';

/** Throws `input.invalid` for a logo that is none, and for text that many could not read. */
export function requirePresentable(page: StatusPage): void {
  const fields = [...faultsOfColours(page), ...faultsOf('/logo', faultOfLogo(page))];
  const [first] = fields;
  if (first === undefined) return;
  throw new TrustMonitorError('input.invalid', `${first.pointer} ${first.detail}`, {
    where: first.pointer,
    fields,
  });
}

function faultsOfColours({ colours = {} }: StatusPage): FieldError[] {
  return Object.entries(colours).flatMap(([scheme, { background, text }]) => {
    const contrast = contrastOf(background, text);
    if (contrast >= READABLE) return [];
    // Never rounded up to what would do.
    const shown = (Math.floor(contrast * 100) / 100).toString();
    const detail = `is not readable: ${text} on ${background} has a contrast of ${shown} to 1, and text needs ${READABLE} to 1`;
    return faultsOf(`/colours/${scheme}`, detail);
  });
}

const faultsOf = (pointer: string, detail: string | null): FieldError[] =>
  detail === null ? [] : [{ pointer, detail }];
