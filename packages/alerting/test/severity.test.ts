import { expect, test } from 'vitest';
import { severityOf } from '../src/index.ts';

test('a verdict of fewer regions is less severe', () => {
  expect((['down', 'partial', 'degraded'] as const).map(severityOf)).toEqual([
    'critical',
    'error',
    'warning',
  ]);
});
