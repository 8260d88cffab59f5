/** Time in which people are not told: maintenance, and silences. */
import type {
  MaintenanceInput,
  MaintenanceResource,
  SilenceInput,
  SilenceResource,
} from '@trustmonitor/protocol';
import { answers } from './answers.ts';
import { type Requests, segment } from './requests.ts';

/** Each method throws as those of `ApiClient` do. */
export class QuietApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Newest first; those that are not over, or all. */
  silences(isAll: boolean): Promise<SilenceResource[]> {
    return this.#requests.list(
      '/v1/silences',
      answers.silencePages,
      isAll ? {} : { state: 'open' },
      {},
    );
  }

  addSilence(body: SilenceInput): Promise<SilenceResource> {
    return this.#requests.post('/v1/silences', body, answers.silenceParser);
  }

  async endSilence(id: string): Promise<void> {
    await this.#requests.remove(`/v1/silences/${segment(id)}`);
  }

  maintenance(): Promise<MaintenanceResource[]> {
    return this.#requests.list('/v1/maintenance', answers.maintenancePages);
  }

  /** Planned, and announced in the log if it begins within a day. */
  planMaintenance(window: MaintenanceInput): Promise<MaintenanceResource> {
    return this.#requests.post('/v1/maintenance', window, answers.maintenanceParser);
  }

  /** Ends what runs of it now. */
  endMaintenance(id: string): Promise<MaintenanceResource> {
    return this.#requests.post(
      `/v1/maintenance/${segment(id)}/end`,
      undefined,
      answers.maintenanceParser,
    );
  }

  async removeMaintenance(id: string): Promise<void> {
    await this.#requests.remove(`/v1/maintenance/${segment(id)}`);
  }
}
