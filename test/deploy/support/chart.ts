/** The chart as helm renders it, and what tests look at in it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { DEPLOY } from './compose.ts';
import { findHelm } from './helm.ts';

export const CHART = join(DEPLOY, 'kubernetes/trustmonitor');
/** Arguments by which everything is said that can be. */
export const FULL = ['--values', join(DEPLOY, 'kubernetes/example-values.yaml')];
export const helm = findHelm();

type Labels = Readonly<Record<string, string>>;

export interface Container {
  readonly name: string;
  readonly command: string[];
  readonly args: string[];
  readonly env: { readonly name: string; readonly value?: string }[];
  readonly readinessProbe: { readonly httpGet: Record<string, unknown> };
  readonly securityContext: unknown;
  readonly volumeMounts: { readonly name: string; readonly mountPath: string }[];
}

interface Pod {
  readonly initContainers?: readonly [Container];
  readonly containers: readonly [Container];
  readonly topologySpreadConstraints: readonly unknown[];
}

export interface Peer {
  readonly ipBlock: { readonly cidr: string; readonly except?: readonly string[] };
}
interface Selector {
  readonly podSelector?: { readonly matchLabels: Labels };
}
export interface Rule {
  readonly ports: readonly { readonly port: number }[];
  readonly from?: readonly Selector[];
  readonly to: readonly Peer[];
}

/** The specifications of all kinds at once: the compiler holds them to the API's own types. */
interface Spec {
  replicas: number | string;
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
  readonly volumeClaimTemplates: readonly [{ readonly spec: unknown }];
  readonly podSelector: { readonly matchLabels: Labels };
  readonly selector: { readonly matchLabels: Labels };
  readonly policyTypes: readonly string[];
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
  readonly ports: readonly { readonly name: string }[];
  readonly endpoints: readonly [
    {
      readonly port: string;
      readonly path: string;
      readonly relabelings: readonly [{ readonly replacement: string }];
      readonly authorization?: { readonly credentials: { readonly name: string } };
    },
  ];
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly spec: Spec;
  readonly data?: Readonly<Record<string, string>>;
}

export function runHelm(...args: readonly string[]) {
  const path = 'path' in helm ? helm.path : 'helm';
  const { status, stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
  // The rules are a link to those of deploy/prometheus, so that there is one copy of them.
  return { status, stdout, stderr: stderr.replaceAll(/^.*found symbolic link.*\n/gm, '') };
}

/** Throws what helm says against it, and on what is no YAML. */
export function render(...args: readonly string[]): KubernetesObject[] {
  const { status, stdout, stderr } = runHelm('template', 'tm', CHART, ...args);
  if (status !== 0 || stderr !== '')
    throw new Error(`helm template ended with ${status}: ${stderr}`);
  return parseAllDocuments(stdout).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

/** Of one kind, in the order in which helm has them. */
export const ofKind = (objects: readonly KubernetesObject[], kind: string) =>
  objects.filter((object) => object.kind === kind);

const hasPods = ({ kind }: KubernetesObject) => kind === 'Deployment' || kind === 'StatefulSet';

export const podsOf = (objects: readonly KubernetesObject[]): Pod[] =>
  objects.filter(hasPods).map(({ spec }) => spec.template.spec);

export const containersOf = (objects: readonly KubernetesObject[]): Container[] =>
  podsOf(objects).flatMap(({ initContainers = [], containers }) => [
    ...initContainers,
    ...containers,
  ]);

export const environmentOf = ({ env }: Container): Record<string, string> =>
  Object.fromEntries(env.map(({ name, value = '(secret)' }) => [name, value]));
