/**
 * Signatures as the model has them: a sealed batch is an object that only its agent can have
 * made. Whoever does not hold the seal can send, repeat and misdeliver it, and nothing else.
 */
import type { Envelope, Result } from '@trustmonitor/protocol';
import { BATCH_TYPE, formatTimestamp } from '@trustmonitor/protocol';
import type { OpenedBatch } from '@trustmonitor/evidence';

/** How a result came about; nobody in the model can read it but the checker. */
export interface Provenance {
  /** `honest`: what a working probe saw. `noise`: the region's own network failed. */
  readonly cause: 'honest' | 'noise' | 'lie';
  /** True time at which the request was made. */
  readonly probedAt: number;
  /** Whether the canaries were asked for this very result, and not before it. */
  readonly canariesAnew: boolean;
}

export interface SealedResult {
  readonly result: Result;
  readonly provenance: Provenance;
}

export interface SealedBatch {
  readonly agent: string;
  readonly region: string;
  readonly seq: number;
  readonly shard: number;
  readonly digest: string;
  readonly sealedAtMs: number;
  readonly results: readonly SealedResult[];
}

/** The name of the probe network. */
export const NETWORK = 'sim';

const NO_ENVELOPE: Envelope = { payloadType: 'model', payload: '', signatures: [] };

export class Notary {
  readonly #genuine = new WeakSet<SealedBatch>();
  readonly #provenance = new Map<string, Provenance>();
  #sealed = 0;

  seal(contents: Omit<SealedBatch, 'digest'>): SealedBatch {
    this.#sealed += 1;
    const sealed = { ...contents, digest: `b${this.#sealed}` };
    this.#genuine.add(sealed);
    return sealed;
  }

  /**
   * `takeIn` of the coordinator without the cryptography: null for what is not signed by an
   * enrolled agent, was published by another one, or speaks for another agent or region.
   */
  open(sealed: SealedBatch, sender: string): OpenedBatch | null {
    const { agent, region, seq, digest, results } = sealed;
    if (!this.#genuine.has(sealed) || sender !== agent) return null;
    if (results.some(({ result }) => result.agent !== agent || result.region !== region))
      return null;
    const leaves = results.map(({ result, provenance }, index) => {
      const text = `${digest}/${index}`;
      this.#provenance.set(text, provenance);
      return { result, text, hash: text, index };
    });
    return {
      batch: {
        _type: BATCH_TYPE,
        network: NETWORK,
        agent,
        seq,
        prev: null,
        size: results.length,
        root: '',
        sealedAt: formatTimestamp(sealed.sealedAtMs),
        seen: null,
      },
      digest,
      envelope: NO_ENVELOPE,
      key: { publicKey: NO_KEY } as OpenedBatch['key'],
      leaves,
    };
  }

  /** Of a leaf's text; for the checker. */
  provenanceOf(leaf: string): Provenance | undefined {
    return this.#provenance.get(leaf);
  }
}

const NO_KEY = new Uint8Array(0);
