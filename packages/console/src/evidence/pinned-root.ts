/** The root that this browser trusts, by network: given by a person, never by the server. */
const keyOf = (network: string): string => `pinned-root:${network}`;

export const pinnedRoot = (network: string): string | null =>
  window.localStorage.getItem(keyOf(network));

export function pinRoot(network: string, text: string | null): void {
  if (text === null) window.localStorage.removeItem(keyOf(network));
  else window.localStorage.setItem(keyOf(network), text);
}
