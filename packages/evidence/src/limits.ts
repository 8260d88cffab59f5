/** Bounds on everything that is read; nothing is parsed before it is measured. */

/** One result's canonical bytes. */
export const MAX_LEAF_BYTES = 65_536;

/** Results in a batch; `Batch.size` has the same bound. */
export const MAX_BATCH_RESULTS = 4_096;

/** A whole batch message. The broker's own limit may be lower; agents seal below both. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** The envelope line of a batch message: a payload of a dozen fields and one signature. */
export const MAX_BATCH_ENVELOPE_BYTES = 8_192;

/** A key ring payload: 10,000 keys of about 400 bytes. */
export const MAX_KEYRING_BYTES = 8 * 1024 * 1024;

/** A record payload: 1,024 votes of about 400 bytes and 64 rounds. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** A bundle file. An incident of 5 agents has about 13 kB. */
export const MAX_BUNDLE_BYTES = 64 * 1024 * 1024;

/** Levels of nesting in any document. */
export const MAX_DEPTH = 16;
