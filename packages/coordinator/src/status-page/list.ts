/** The pages of a system, where there are several. */
import type { StatusPage } from '@trustmonitor/protocol';
import { markup } from './markup.ts';
import { policyOf, servedPolicyOf } from './policy.ts';

export interface ListDocument {
  readonly text: string;
  readonly policy: string;
}

/** In the colours of the first one. */
export function listPage(pages: readonly Pick<StatusPage, 'id' | 'title'>[]): ListDocument {
  const { text } = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policyOf({})}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Status pages</title>
<link rel="stylesheet" href="/status/${pages[0]?.id ?? ''}/style.css">
</head>
<body>
<header><h1>Status pages</h1></header>
<main>
<ul>${pages.map(({ id, title }) => markup`<li><a href="/status/${id}/"><b>${title}</b></a></li>`)}</ul>
</main>
</body>
</html>
`;
  return { text, policy: servedPolicyOf({}) };
}
