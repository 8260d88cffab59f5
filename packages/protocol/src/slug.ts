/** Ids made of names. */
import { TrustMonitorError } from './errors.ts';

/** `Checkout API (EU)` becomes `checkout-api-eu`. Throws when nothing is left. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  if (slug === '') {
    throw new TrustMonitorError('input.invalid', `no id can be made from the name "${name}"`, {
      where: '/id',
      hint: 'Give it an `id` of lower-case letters, digits and dashes.',
    });
  }
  return slug;
}
