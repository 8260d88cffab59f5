/** Public status pages. */
import type { StatusPage, StatusPageFiles } from '@trustmonitor/protocol';
import { answers } from './answers.ts';
import { type Requests, segment } from './requests.ts';

/** Each method throws as those of `ApiClient` do. */
export class StatusPagesApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  list(): Promise<StatusPage[]> {
    return this.#requests.list('/v1/status-pages', answers.statusPagePages);
  }

  async write(page: StatusPage): Promise<StatusPage> {
    const path = `/v1/status-pages/${segment(page.id)}`;
    return this.#requests.put(path, page, answers.statusPageParser);
  }

  /** The page as files that are served at `base`, an address with a slash at its end. */
  async files(id: string, base: string): Promise<StatusPageFiles> {
    const path = `/v1/status-pages/${segment(id)}/files`;
    return this.#requests.get(path, answers.statusPageFilesParser, { base });
  }
}
