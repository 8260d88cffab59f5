/** The page: two files in, a verdict out. Nothing leaves the device. */
import { find } from './dom.ts';
import { takeBundle, takeRoot, type GivenBundle, type PinnedRoot } from './inputs.ts';
import { renderResult } from './result.ts';
import { verifyFile } from './verified.ts';

let pinned: PinnedRoot | null = null;
let bundle: GivenBundle | null = null;

function verify(): void {
  const result = find('result', HTMLElement);
  result.hidden = pinned === null || bundle === null;
  if (pinned === null || bundle === null) return;
  const verified = verifyFile(bundle.bytes, pinned.root);
  result.replaceChildren(
    ...renderResult({ verified, file: bundle.name, isServersRoot: pinned.isServers }),
  );
  find('verdict', HTMLElement).focus();
}

takeRoot((given) => {
  pinned = given;
  verify();
});
takeBundle((given) => {
  bundle = given;
  verify();
});

// A file that misses its place must not replace the page.
for (const type of ['dragover', 'drop'] as const) {
  window.addEventListener(type, (event) => event.preventDefault());
}
