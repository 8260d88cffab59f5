/** The credential of a leaf server: what the agents behind it may do, and nothing more. */
import {
  accountOf,
  createNkeySeed,
  credentialFile,
  issueCredential,
  publicNkey,
} from '@trustmonitor/bus';
import {
  Slug,
  TrustMonitorError,
  formatTimestamp,
  leafPermissions,
  parserOf,
} from '@trustmonitor/protocol';
import { join } from 'node:path';
import { readIfThere } from '../stack/files.ts';
import { pathsOf } from '../stack/paths.ts';
import { writeWhole } from '../stack/write-whole.ts';

const DAY_MS = 86_400_000;

export interface LeafOptions {
  readonly dataDirectory: string;
  readonly region: string;
  readonly agents: readonly string[];
  readonly days: number;
  /** Null for `leaf-REGION.creds` in the data folder. */
  readonly output: string | null;
}

export interface LeafCredential {
  readonly file: string;
  /** The network's account at the broker, which the leaf server has to name. */
  readonly account: string;
  readonly expiresAt: string;
}

/** Throws `config.invalid` for what is no name, `key.missing` without the account's seed. */
export async function makeLeafCredential(options: LeafOptions): Promise<LeafCredential> {
  const { region, agents, days } = options;
  requireSlug('--region', region);
  for (const agent of agents) requireSlug('--agent', agent);
  const paths = pathsOf(options.dataDirectory);
  const accountSeed = await readIfThere(paths.natsAccountSeedFile);
  if (accountSeed === null) {
    throw new TrustMonitorError('key.missing', `there is no ${paths.natsAccountSeedFile}`, {
      where: paths.natsAccountSeedFile,
      hint: 'name the folder of the key ceremony with --data',
    });
  }
  const seed = createNkeySeed();
  const expiresAtMs = Date.now() + days * DAY_MS;
  const credential = await issueCredential(accountSeed, {
    nkey: publicNkey(seed),
    name: `leaf-${region}`,
    ...leafPermissions(region, agents),
    expiresAtMs,
  });
  const file = options.output ?? join(paths.root, `leaf-${region}.creds`);
  await writeWhole(file, new TextDecoder().decode(credentialFile(credential, seed)), 0o600);
  return { file, account: accountOf(accountSeed), expiresAt: formatTimestamp(expiresAtMs) };
}

const slugParser = parserOf(Slug);

function requireSlug(where: string, name: string): void {
  const fits: boolean = slugParser.check(name);
  if (fits) return;
  throw new TrustMonitorError('config.invalid', `${where} is "${name}", which is no name`, {
    where,
    hint: 'names are 1 to 63 lower-case letters, digits and dashes',
  });
}
