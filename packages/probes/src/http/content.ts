/** A response's content within its limits: counted, hashed, decompressed, and kept if wanted. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { ProbeFailure } from '../failure.ts';

const MAX_CODINGS = 2;
/** Content may grow by this factor when it is decompressed, but small content always may. */
const MAX_RATIO = 256;
const RATIO_FREE_BYTES = 65_536;

type Inflate = (data: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;

const brotli = promisify(zlib.brotliDecompress) as Inflate;
const gunzip = promisify(zlib.gunzip) as Inflate;
const inflate = promisify(zlib.inflate) as Inflate;

const CODINGS: Readonly<Record<string, Inflate>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: brotli,
};

export interface Content {
  readonly bytes: number;
  readonly sha256: string;
  /** Null when it was not asked to be kept, or is larger than that. */
  readonly kept: Buffer | null;
}

export class ContentCollector {
  private readonly maxBytes: number;
  private readonly keepBytes: number;
  private readonly codings: readonly Inflate[];
  private readonly hash = createHash('sha256');
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  /**
   * Codings that we do not know leave the content as it came (RFC 9110 section 8.4). Content of more
   * than `keepBytes` is not kept.
   */
  constructor(maxBytes: number, keepBytes: number, contentEncoding = '') {
    const names = contentEncoding
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && name !== 'identity');
    if (names.length > MAX_CODINGS) {
      throw new ProbeFailure(
        'protocol_error',
        `${names.length} content codings on top of one another`,
      );
    }
    const codings = names.map((name) => (Object.hasOwn(CODINGS, name) ? CODINGS[name] : undefined));
    // Applied in the order listed, so undone from the last one backwards.
    this.codings = codings.includes(undefined) ? [] : (codings as Inflate[]).toReversed();
    this.keepBytes = keepBytes;
    this.maxBytes = maxBytes;
  }

  /** Throws `body_too_large` at the first byte over the limit. */
  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) {
      throw new ProbeFailure('body_too_large', `the content is larger than ${this.maxBytes} bytes`);
    }
    if (this.codings.length > 0) {
      this.chunks.push(chunk);
      return;
    }
    this.hash.update(chunk);
    if (this.isKept(this.bytes)) this.chunks.push(chunk);
    else this.chunks.length = 0;
  }

  async finish(): Promise<Content> {
    if (this.codings.length === 0) {
      const kept = this.isKept(this.bytes) ? Buffer.concat(this.chunks) : null;
      return { bytes: this.bytes, sha256: this.hash.digest('hex'), kept };
    }
    let content: Buffer = Buffer.concat(this.chunks);
    // Some servers announce a coding for a body they then leave empty.
    if (content.length > 0) {
      for (const decode of this.codings) content = await this.decompress(decode, content);
    }
    const sha256 = this.hash.update(content).digest('hex');
    return { bytes: content.length, sha256, kept: this.isKept(content.length) ? content : null };
  }

  private isKept(bytes: number): boolean {
    return this.keepBytes > 0 && bytes <= this.keepBytes;
  }

  private async decompress(decode: Inflate, packed: Buffer): Promise<Buffer> {
    const limit = Math.min(this.maxBytes, Math.max(RATIO_FREE_BYTES, packed.length * MAX_RATIO));
    try {
      return await decode(packed, { maxOutputLength: Math.max(1, limit) });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code === 'ERR_BUFFER_TOO_LARGE') {
        const detail = `${packed.length} bytes decompress to more than ${limit}`;
        throw new ProbeFailure('body_too_large', detail);
      }
      throw new ProbeFailure('protocol_error', `the content does not decompress: ${code}`);
    }
  }
}
