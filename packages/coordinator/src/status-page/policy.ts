/** What a page's document may load: its own files, and the logo from where it is. */
import type { StatusPage } from '@trustmonitor/protocol';
import { ownLogoOf } from './logo.ts';

/** As the document itself says it, so that it holds on any host. */
export function policyOf({ logo }: Pick<StatusPage, 'logo'>): string {
  const isElsewhere = logo !== undefined && ownLogoOf({ logo }) === null;
  const images = isElsewhere ? ` ${new URL(logo).origin}` : '';
  return (
    `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; ` +
    `img-src 'self'${images}; base-uri 'none'; form-action 'none'`
  );
}

/** And in a header, where a page can also say who may show it in a frame. */
export const servedPolicyOf = (page: Pick<StatusPage, 'logo'>): string =>
  `${policyOf(page)}; frame-ancestors 'none'`;
