import type { CheckDefinition } from '@trustmonitor/protocol';

/**
 * Whether an `up` was slower than the check calls healthy. The coordinator counts votes by this,
 * and the verifier counts them again by this.
 */
export function isSlow(
  result: { readonly durationMs: number },
  definition: Pick<CheckDefinition, 'degradedAfterMs'>,
): boolean {
  return definition.degradedAfterMs !== null && result.durationMs > definition.degradedAfterMs;
}
