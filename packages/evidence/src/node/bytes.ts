/** A Buffer's bytes as a plain array: a Buffer's own `slice` is a view where the type says copy. */
export const plainBytes = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
