/** The evidence of an incident, checked as an outsider does it. */
import { verifyBundle } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import type { RootFile } from '@trustmonitor/protocol';
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { TestNetwork } from './network.ts';

export async function expectVerified(network: TestNetwork, incident: string): Promise<void> {
  await expectVerifies(network, await network.api.evidence(incident));
}

export async function expectVerifies(network: TestNetwork, bundle: Uint8Array): Promise<void> {
  const root = JSON.parse(await readFile(network.keys.rootFile, 'utf8')) as RootFile;
  const report = verifyBundle(bundle, root, { verifier: nodeVerifier });
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.passed).toBe(true);
}
