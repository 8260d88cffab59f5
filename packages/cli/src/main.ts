#!/usr/bin/env node
/**
 * The process. `verify` starts from one bundled file where that is built: loading the modules of
 * all commands would take longer than the verification.
 */
import { builtVerifier } from './verify/built.ts';

const verifier = process.argv[2] === 'verify' ? await builtVerifier() : null;
if (verifier === null) {
  const { runAllCommands } = await import('./all-commands.ts');
  await runAllCommands();
} else {
  await verifier.runAsCommand();
}
