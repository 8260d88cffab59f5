/** The two files that a verification needs: chosen, dropped or pasted. */
import { MAX_BUNDLE_BYTES } from '@trustmonitor/evidence';
import { RootFile, TrustMonitorError, parserOf } from '@trustmonitor/protocol';
import { find, type Mark } from './dom.ts';

const MAX_ROOT_BYTES = 64 * 1024;
const rootParser = parserOf(RootFile, 'input.malformed');

export interface PinnedRoot {
  readonly root: RootFile;
  /** The reader brought none, and took that of the server: it vouches for itself. */
  readonly isServers: boolean;
}

export interface GivenBundle {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Calls `take` with every root file that is one, and with null when there is none any more. */
export function takeRoot(take: (pinned: PinnedRoot | null) => void): void {
  const use = (text: string, from: string, isServers: boolean): void => {
    try {
      const root = rootParser.parseJson(text, 'the root file');
      const count = `${root.threshold} of ${root.keys.length} root keys`;
      if (isServers) say('root-state', 'warn', `Unverified: ${root.network}, as ${from} says`);
      else say('root-state', 'pass', `Network ${root.network}, ${count}, from ${from}`);
      take({ root, isServers });
    } catch (error) {
      say('root-state', 'fail', `Not a root file: ${reasonOf(error)}`);
      take(null);
    }
  };
  onFile('root-panel', 'root-file', MAX_ROOT_BYTES, 'root-state', (name, bytes) =>
    use(new TextDecoder().decode(bytes), name, false),
  );
  find('root-use', HTMLButtonElement).addEventListener('click', () =>
    use(find('root-text', HTMLTextAreaElement).value, 'the text', false),
  );
  offerServers((text) => use(text, 'this server', true));
}

/** Only a page that came from a server has one to ask. */
function offerServers(use: (text: string) => void): void {
  if (!location.protocol.startsWith('http')) return;
  find('server-root', HTMLDetailsElement).hidden = false;
  find('root-server', HTMLButtonElement).addEventListener('click', () => {
    fetch('/v1/keys/root')
      .then(async (answer) => use(await answer.text()))
      .catch(() => say('root-state', 'fail', 'The server does not answer'));
  });
}

/** What the file means is for the verifier to say. */
export function takeBundle(take: (bundle: GivenBundle) => void): void {
  onFile('bundle-panel', 'bundle-file', MAX_BUNDLE_BYTES, 'bundle-state', (name, bytes) => {
    say('bundle-state', 'pass', `${name}, ${bytes.length.toLocaleString('en')} bytes`);
    take({ name, bytes });
  });
}

function onFile(
  panelId: string,
  inputId: string,
  maxBytes: number,
  stateId: string,
  take: (name: string, bytes: Uint8Array) => void,
): void {
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > maxBytes) {
      say(stateId, 'fail', `${file.name} is larger than ${maxBytes.toLocaleString('en')} bytes`);
      return;
    }
    take(file.name, new Uint8Array(await file.arrayBuffer()));
  };
  const start = (file: File | undefined): void => {
    read(file).catch(() => say(stateId, 'fail', 'The file cannot be read'));
  };
  const input = find(inputId, HTMLInputElement);
  input.addEventListener('change', () => {
    start(input.files?.[0]);
    // The same file again, perhaps changed meanwhile, is a choice too.
    input.value = '';
  });
  const panel = find(panelId, HTMLElement);
  for (const type of ['dragenter', 'dragover'] as const) {
    panel.addEventListener(type, (event) => {
      event.preventDefault();
      panel.classList.add('over');
    });
  }
  panel.addEventListener('dragleave', () => panel.classList.remove('over'));
  panel.addEventListener('drop', (event) => {
    event.preventDefault();
    panel.classList.remove('over');
    start(event.dataTransfer?.files[0]);
  });
}

function say(id: string, mark: Mark, text: string): void {
  const state = find(id, HTMLElement);
  state.className = `state ${mark}`;
  state.textContent = text;
}

function reasonOf(error: unknown): string {
  return error instanceof TrustMonitorError ? error.message : 'it cannot be read';
}
