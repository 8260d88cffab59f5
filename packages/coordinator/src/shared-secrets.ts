/** What coordinators of one network have in common beside its keys; made before any of them runs. */
import { newToken } from './api/token.ts';
import { readOrCreate } from './private-file.ts';
import { newSecretKey } from './secret-box.ts';

export interface SharedSecretFiles {
  readonly adminTokenFile: string;
  readonly secretKeyFile: string;
}

/** Makes those that are not there yet (0600). Throws `data.unwritable`. */
export async function ensureSharedSecrets(files: SharedSecretFiles): Promise<void> {
  await readOrCreate(files.adminTokenFile, newToken);
  await readOrCreate(files.secretKeyFile, newSecretKey);
}
