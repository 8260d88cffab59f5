export { nodeVerifier } from './verifier.ts';
export { generateSigner, type NodeSigner } from './signer.ts';
export { isEncrypted, loadOrCreateSigner, loadSigner, saveSigner } from './key-file.ts';
export { readVerifyPage } from './page.ts';
