/**
 * Checks that somebody asks for once. Agents take their jobs like any other, and sign their
 * results; but the name that stands where a monitor's would is one that no monitor can have, and
 * the id that stands for the round is that of the check. So no such result is a vote in any
 * round, whatever is done with it later.
 */
export const ONE_OFF = 'one-off-check';

export function isOneOff({ monitor }: { readonly monitor: string }): boolean {
  return monitor === ONE_OFF;
}
