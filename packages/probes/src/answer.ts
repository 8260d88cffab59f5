/** The target's answer as assertions see it: in full, unlike the bounded observation. */
export interface Answer {
  status: number | null;
  /** Names in lower case; the values of a repeated header joined by `, `. */
  headers: ReadonlyMap<string, string>;
  /** Content after decompression; null when nothing asked for it to be kept. */
  content: Buffer | null;
  contentBytes: number | null;
  contentSha256: string | null;
  /** Expiry of the first certificate of the chain to expire, in ms since the epoch. */
  certificateExpiresAtMs: number | null;
  tlsVersion: string | null;
  tlsCipher: string | null;
  dns: { readonly rcode: string; readonly answers: readonly string[] } | null;
  /** Percent of echo requests without an answer. */
  lossPercent: number | null;
}

export function emptyAnswer(): Answer {
  return {
    status: null,
    headers: new Map(),
    content: null,
    contentBytes: null,
    contentSha256: null,
    certificateExpiresAtMs: null,
    tlsVersion: null,
    tlsCipher: null,
    dns: null,
    lossPercent: null,
  };
}
