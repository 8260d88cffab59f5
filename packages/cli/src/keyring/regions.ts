/** Which regions agents may join, and whose vote each of them is. The root says so. */
import { jwkOf } from '@trustmonitor/evidence';
import { loadOrCreateSigner } from '@trustmonitor/evidence/node';
import { TrustMonitorError, type Delegation } from '@trustmonitor/protocol';
import type { Context } from '../context.ts';
import { changeRing } from './change.ts';
import type { ChangeOptions } from './options.ts';

type Region = Delegation['regions'][number];

const MAX_AGENTS_PER_REGION = 100;

/** Throws `config.invalid` when agents may join it already. */
export async function addRegion(
  region: Region,
  options: ChangeOptions,
  context: Context,
): Promise<void> {
  await changeRing(options, context, ({ paths, ring: { ring } }) => {
    const delegation: Delegation = ring.delegation ?? {
      key: jwkOf(loadOrCreateSigner(paths.enrolmentKeyFile).publicKey),
      regions: [],
      maxAgentsPerRegion: MAX_AGENTS_PER_REGION,
      expires: ring.expires,
    };
    if (delegation.regions.some((known) => known.region === region.region)) {
      throw new TrustMonitorError('config.invalid', `agents may join ${region.region} already`, {
        hint: 'its group and operator are not changed in place: votes refer to them',
      });
    }
    const regions = [...delegation.regions, region];
    return Promise.resolve({ ring: { ...ring, delegation: { ...delegation, regions } } });
  });
}

/** Throws `not_found`. */
export async function removeRegion(
  name: string,
  options: ChangeOptions,
  context: Context,
): Promise<void> {
  await changeRing(options, context, ({ ring: { ring } }) => {
    const { delegation } = ring;
    const regions = delegation?.regions.filter(({ region }) => region !== name) ?? [];
    if (delegation === undefined || regions.length === delegation.regions.length) {
      throw new TrustMonitorError('not_found', `agents cannot join ${name} anyway`);
    }
    return Promise.resolve({ ring: { ...ring, delegation: { ...delegation, regions } } });
  });
}
