/** What is put into service, and what the gate says of it. */
import type {
  DeploymentInput,
  DeploymentResource,
  DoraMetrics,
  GateDecision,
  GateInput,
} from '@trustmonitor/protocol';
import { answers } from './answers.ts';
import { type Requests, type ListOptions } from './requests.ts';

/** Each method throws as those of `ApiClient` do. */
export class ReleasesApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  addDeployment(body: DeploymentInput): Promise<DeploymentResource> {
    return this.#requests.post('/v1/deployments', body, answers.deploymentParser);
  }

  /** What was told last comes first. */
  deployments(
    filter: Readonly<Record<string, string>>,
    options: ListOptions,
  ): Promise<DeploymentResource[]> {
    return this.#requests.list('/v1/deployments', answers.deploymentPages, filter, options);
  }

  dora(query: Readonly<Record<string, string>>): Promise<DoraMetrics> {
    return this.#requests.get('/v1/dora', answers.doraParser, query);
  }

  /** What is decided is written down, whatever it is. */
  askGate(body: GateInput): Promise<GateDecision> {
    return this.#requests.post('/v1/gate', body, answers.decisionParser);
  }

  /** Newest first. */
  gateDecisions(filter: Readonly<Record<string, string>>): Promise<GateDecision[]> {
    return this.#requests.list('/v1/gate/decisions', answers.decisionPages, filter, {});
  }
}
