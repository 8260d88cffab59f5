/** Exit codes, as scripts rely on them. */

export const EXIT = {
  ok: 0,
  /** A check or a verification failed, or something went wrong on this machine. */
  failed: 1,
  /** Wrong usage, or input that is malformed. */
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  unreachable: 5,
  indeterminate: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
