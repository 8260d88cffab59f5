/** JSON pointers (RFC 6901) as lists of names, and as people read them. */

export type Path = readonly string[];

export function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** `['monitors', '0', 'http', 'headers', 'x-a']` reads `monitors[0].http.headers.x-a`. */
export function fieldName(path: Path): string {
  return path
    .map((token, i) => (/^\d+$/.test(token) ? `[${token}]` : i === 0 ? token : `.${token}`))
    .join('');
}
