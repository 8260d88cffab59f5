/** As much of a browser as a sign-in needs: cookies by origin, and redirects. */
export const PUBLIC_URL = 'https://tm.example';
const MOST_REDIRECTS = 20;

export class TestBrowser {
  readonly #apiUrl: () => string;
  /** `Set-Cookie` headers by origin and name. */
  readonly #cookies = new Map<string, Map<string, string>>();

  /** The server that is at `apiUrl` then answers for `PUBLIC_URL`. */
  constructor(apiUrl: () => string) {
    this.#apiUrl = apiUrl;
  }

  /** Follows redirects until a page of ours answers that is no sign-in; returns its address. */
  go(url: string): Promise<string> {
    return this.#follow(url, (at) => at.startsWith(PUBLIC_URL) && !at.includes('/v1/session/oidc'));
  }

  /** Follows redirects until one leads to an address with `part` in it, which is not asked for. */
  goUntil(url: string, part: string): Promise<string> {
    return this.#follow(url, (at) => at.includes(part));
  }

  async #follow(url: string, isThere: (url: string) => boolean): Promise<string> {
    let at = url;
    for (let i = 0; i < MOST_REDIRECTS; i++) {
      if (isThere(at)) return at;
      const answer = await this.get(at);
      const location = answer.headers.get('location');
      if (location === null) throw new Error(`${at}: ${answer.status} ${await answer.text()}`);
      at = new URL(location, at).href;
    }
    throw new Error(`${url} leads round in circles`);
  }

  async get(url: string): Promise<Response> {
    const { origin } = new URL(url);
    const answer = await fetch(url.replace(PUBLIC_URL, this.#apiUrl()), {
      redirect: 'manual',
      headers: this.headers(origin),
    });
    for (const set of answer.headers.getSetCookie()) this.#keep(origin, set);
    return answer;
  }

  /** What it sends, and for our own server what a proxy that ends TLS adds. */
  headers(origin: string = PUBLIC_URL): { cookie: string } & Record<string, string> {
    const all = [...(this.#cookies.get(origin)?.values() ?? [])];
    return {
      cookie: all.map((set) => set.split(';')[0]).join('; '),
      ...(origin === PUBLIC_URL && { 'x-forwarded-proto': 'https' }),
    };
  }

  cookie(name: string): string | null {
    return (
      this.#cookies
        .get(PUBLIC_URL)
        ?.get(name)
        ?.split(';')[0]
        ?.slice(name.length + 1) ?? null
    );
  }

  attributes(name: string): string {
    return (
      this.#cookies
        .get(PUBLIC_URL)
        ?.get(name)
        ?.replace(/^[^;]*/, '') ?? ''
    );
  }

  setCookie(name: string, value: string | null): void {
    this.#keep(PUBLIC_URL, value === null ? `${name}=; Max-Age=0` : `${name}=${value}`);
  }

  #keep(origin: string, set: string): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const name = set.slice(0, set.indexOf('='));
    const isOver = /max-age=0(;|$)/i.test(set) || /expires=thu, 01 jan 1970/i.test(set);
    if (isOver) jar.delete(name);
    else jar.set(name, set);
  }
}
