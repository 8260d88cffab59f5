/** The chart as helm renders it: by default, and with everything said; nothing is installed. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
// The settings alone: the rest of the two takes longer to load than all of this takes.
import { AGENT_SETTINGS } from '../../packages/agent/src/config.ts';
import { readConfig } from '../../packages/coordinator/src/config.ts';
import { DEPLOY } from './support/compose.ts';
import {
  CHART,
  FULL,
  containersOf,
  environmentOf,
  helm,
  ofKind,
  podsOf,
  render,
  runHelm,
  type KubernetesObject,
  type Rule,
} from './support/chart.ts';
import { faultsOf, isBuiltIn } from './support/kubernetes-types.ts';

const CLI = resolve(DEPLOY, '../packages/cli/bin/trustmonitor.js');
const scratch = mkdtempSync(join(tmpdir(), 'tm-helm-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let full: KubernetesObject[];
let plain: KubernetesObject[];
/** Of a cluster that has agents only. */
let alone: KubernetesObject[];
beforeAll(() => {
  if ('missing' in helm) return;
  full = render(...FULL);
  plain = render();
  const region = 'agents.regions[0].name=eu,agents.regions[0].group=x';
  const apiUrl = 'agents.apiUrl=https://monitor.example';
  alone = render('--set', `coordinator.enabled=false,${apiUrl},${region}`);
});

beforeEach(({ skip }) => {
  if ('missing' in helm) skip(helm.missing);
});

test.each([
  ['by default', []],
  ['with everything said', FULL],
])('has no fault that helm sees: %s', (_name, args) => {
  const { status, stdout } = runHelm('lint', '--strict', CHART, ...args);
  expect([status, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
  expect(stdout).not.toMatch(/WARNING|ERROR/);
});

test('makes objects that Kubernetes would take, and no other kinds', () => {
  const kinds = (objects: readonly KubernetesObject[]) =>
    objects.map(({ kind }) => kind).toSorted();
  expect(kinds(plain)).toEqual(['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service']);
  expect([...new Set(kinds(full))].join(' ')).toBe(
    'ConfigMap Deployment Ingress NetworkPolicy PodDisruptionBudget PrometheusRule Service ServiceMonitor StatefulSet',
  );
  expect(kinds(alone)).toEqual(['NetworkPolicy', 'Service', 'StatefulSet']);
  const wrong = structuredClone(ofKind(full, 'Deployment')) as [KubernetesObject];
  wrong[0].spec.template.spec.containers[0].readinessProbe.httpGet.prot = 1;
  wrong[0].spec.replicas = 'two';
  expect(faultsOf([...plain, ...full, ...alone, ...wrong].filter(isBuiltIn))).toEqual([
    "Deployment tm-trustmonitor: Type 'string' is not assignable to type 'number'.",
    expect.stringMatching(/^Deployment tm-trustmonitor: .*"prot"' does not exist/),
  ]);
});

test('asks the kernel for nothing, and Kubernetes neither', () => {
  const nothing = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  const contexts = containersOf(full).map(({ securityContext }) => securityContext);
  expect(contexts).toEqual(Array.from({ length: 5 }, () => nothing));
  for (const pod of podsOf([...plain, ...full])) {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        fsGroup: 10001,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
  }
  const [deployment] = ofKind(full, 'Deployment');
  expect(deployment?.spec).toMatchObject({ replicas: 3 });
  expect(ofKind(plain, 'Deployment')[0]?.spec.replicas).toBe(2);
  const [coordinator] = podsOf(plain);
  expect(coordinator?.topologySpreadConstraints).toHaveLength(2);
  expect(coordinator?.containers[0]).toMatchObject({
    readinessProbe: { httpGet: { path: '/readyz' } },
    livenessProbe: { httpGet: { path: '/healthz' } },
    resources: { limits: { memory: '1Gi' } },
  });
});

test('sets what coordinators and agents read, and lets everything else be set', () => {
  const [coordinator, ...agents] = containersOf(full);
  const read = (file: string) =>
    readFileSync(join(DEPLOY, '../packages/coordinator', file), 'utf8');
  const source = read('src/config.ts') + read('src/oidc/settings.ts');
  const known = {
    coordinator: new Set(source.match(/(?<=')(?:TM|OTEL)_[A-Z_]+|(?<=')DATABASE_URL\w*/g)),
    agent: new Set(Object.values(AGENT_SETTINGS).map(({ name }) => name as string)),
  };
  const ofNode = ['NODE_EXTRA_CA_CERTS'];
  const ofJoin = ['POD_NAME', 'TM_URL', 'TM_DATA_DIR'];
  const unknown = agents.flatMap((one) =>
    Object.keys(environmentOf(one)).filter(
      (name) => !(one.name === 'join' ? ofJoin : [...known.agent]).includes(name),
    ),
  );
  expect(unknown.filter((name) => !ofNode.includes(name))).toEqual([]);
  const set = Object.keys(environmentOf(coordinator!));
  expect(set.filter((name) => !known.coordinator.has(name))).toEqual(ofNode);

  const { coordinator: inSchema, agents: agentsInSchema } = (
    JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as {
      properties: Record<
        string,
        { properties: { settings: { propertyNames: { enum: string[] } } } }
      >;
    }
  ).properties;
  const settable = (part: typeof inSchema) => part!.properties.settings.propertyNames.enum;
  // Secrets come as files; what an agent was told when it joined is in its folder.
  const never = ['DATABASE_URL', 'TM_OPA_TOKEN', 'TM_OIDC_CLIENT_SECRET'];
  const toldAtJoin = ['TM_NETWORK', 'TM_REGION', 'TM_AGENT', 'TM_API_URL', 'TM_LOG_VKEY'];
  expect(
    [...set, ...settable(inSchema), ...never].filter((name) => !ofNode.includes(name)),
  ).toEqual(expect.arrayContaining([...known.coordinator]));
  const ofAgents = agents.flatMap((one) => Object.keys(environmentOf(one)));
  expect([...ofAgents, ...settable(agentsInSchema), ...toldAtJoin]).toEqual(
    expect.arrayContaining([...known.agent]),
  );
  expect(settable(inSchema).filter((name) => !known.coordinator.has(name))).toEqual([]);
  expect(settable(agentsInSchema).filter((name) => !known.agent.has(name))).toEqual([]);
});

test('a coordinator starts with what it is given, out of the key ceremony', () => {
  const data = join(scratch, 'ring');
  const made = spawnSync(
    process.execPath,
    [
      CLI,
      'keys',
      'init',
      '--data',
      data,
      '--network',
      'acme',
      '--no-passphrase',
      '--region',
      'eu=x',
    ],
    { encoding: 'utf8' },
  );
  expect([made.status, made.stderr]).toEqual([0, expect.stringContaining('move them off')]);
  const keyFile = (name: string) =>
    [join(data, 'keys', name), join(data, name)].find((path) => existsSync(path)) ?? name;
  const stages = join(scratch, 'stages.json');
  const [gate] = ofKind(full, 'ConfigMap') as unknown as [{ data: Record<string, string> }];
  writeFileSync(stages, gate.data['stages.json']!);
  writeFileSync(join(scratch, 'url'), 'postgresql://trustmonitor:secret@db/trustmonitor\n');
  writeFileSync(join(scratch, 'token'), 'secret\n');
  const here = ([name, value]: [string, string]): [string, string] => {
    if (value.startsWith('/run/trustmonitor/keys/')) return [name, keyFile(basename(value))];
    return [name, value.replace(/^\/run\/trustmonitor\/\w+/, scratch)];
  };
  const settings = Object.entries(environmentOf(containersOf(full)[0]!)).map(here);
  const config = readConfig({
    ...Object.fromEntries(settings),
    TM_DEADMAN_URL: 'https://heartbeat.example',
  });
  expect(config).toMatchObject({
    databaseUrl: 'postgresql://trustmonitor:secret@db/trustmonitor',
    network: 'acme',
    publicUrl: 'https://monitor.example',
    trustedProxies: ['10.42.0.0/16'],
    retention: { rawDays: 30 },
  });
  const keys = [
    config.reportKeyFile,
    config.logKeyFile,
    config.pushKeyFile,
    config.rootFile,
  ].concat([
    config.keyringFile,
    config.enrolmentKeyFile,
    config.adminTokenFile,
    config.secretKeyFile,
  ]);
  expect(keys.filter((file) => !existsSync(file!))).toEqual([]);
  // Each file that is named is in a volume that is mounted.
  for (const { env, volumeMounts } of containersOf(full)) {
    const files = env.flatMap(({ value = '' }) => (/^\/(run|var)\//.test(value) ? value : []));
    const lost = files.filter(
      (file) => !volumeMounts.some((one) => file.startsWith(one.mountPath)),
    );
    expect(lost).toEqual([]);
  }
});

test('an agent joins once, with the token under its name, and its folder is its own', () => {
  const [west] = ofKind(full, 'StatefulSet');
  const join_ = west!.spec.template.spec.initContainers![0];
  const folder = join(scratch, 'agent');
  const tokens = join(scratch, 'join');
  mkdirSync(join(scratch, 'bin'));
  mkdirSync(tokens);
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o770 });
  const command = join(scratch, 'bin/trustmonitor');
  writeFileSync(command, '#!/bin/sh\necho "$TM_URL $*"\ntouch "$TM_DATA_DIR/agent.json"\n');
  chmodSync(command, 0o755);
  // Where it would wait, it ends.
  symlinkSync('/bin/false', join(scratch, 'bin/sleep'));
  const start = () => {
    const script = join_.args.map((arg) => arg.replaceAll('/run/trustmonitor/join', tokens));
    const [shell = '', ...args] = [...join_.command, ...script];
    const env = {
      ...environmentOf(join_),
      PATH: `${join(scratch, 'bin')}:${process.env['PATH'] ?? ''}`,
      POD_NAME: 'tm-trustmonitor-eu-west-0',
      TM_DATA_DIR: folder,
    };
    const { status, stdout } = spawnSync(shell, args, { env, encoding: 'utf8' });
    return [status, stdout];
  };
  expect(start()).toEqual([1, expect.stringContaining('of the Secret trustmonitor-join\n')]);
  writeFileSync(join(tokens, 'tm-trustmonitor-eu-west-0'), 'tmj_once');
  expect(start()).toEqual([
    0,
    `https://monitor.example agent join --token-file ${tokens}/tm-trustmonitor-eu-west-0 ` +
      '--name tm-trustmonitor-eu-west-0\n',
  ]);
  expect(start()).toEqual([0, '']);
  expect(statSync(join(folder, 'keys')).mode & 0o077).toBe(0);
  expect(west!.spec).toMatchObject({
    replicas: 2,
    serviceName: 'tm-trustmonitor-agents',
    template: { spec: { nodeSelector: { 'topology.kubernetes.io/region': 'eu-west' } } },
    volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '1Gi' } } } }],
  });
});

test('a region has its own canaries, targets and places; what it leaves out is as for all', () => {
  const [west, office] = ofKind(full, 'StatefulSet');
  const env = (one: KubernetesObject | undefined) =>
    environmentOf(one!.spec.template.spec.containers[0]);
  expect(env(west)).toMatchObject({
    TM_CANARIES: 'tcp://1.1.1.1:443,tcp://9.9.9.9:443,https://www.example.com',
    TM_NATS_URL: 'tls://nats.broker.svc:4222',
  });
  expect(env(west)).not.toHaveProperty('TM_ALLOW_TARGETS');
  expect(env(office)).toMatchObject({
    TM_CANARIES: 'tcp://192.0.2.1:443,https://www.example.org',
    TM_ALLOW_TARGETS: '10.20.0.0/16,*.intern.example',
    TM_CONCURRENCY: '64',
    TM_LOG_LEVEL: 'warn',
  });
  expect(office!.metadata.labels).toMatchObject({ 'trustmonitor/group': 'office' });
  expect(office!.spec.volumeClaimTemplates[0].spec).toMatchObject({
    storageClassName: 'local-path',
  });
});

test('agents reach the world and nothing private; nobody reaches them but for metrics', () => {
  const policies = new Map(
    ofKind(full, 'NetworkPolicy').map((one) => [one.metadata.name, one.spec]),
  );
  const office = policies.get('tm-trustmonitor-eu-office');
  const monitoring = { 'kubernetes.io/metadata.name': 'monitoring' };
  expect(office?.ingress).toEqual([
    {
      ports: [{ port: 9464, protocol: 'TCP' }],
      from: [{ namespaceSelector: { matchLabels: monitoring } }],
    },
  ]);
  const world = office?.egress.at(-1)?.to ?? [];
  expect(world.map(({ ipBlock }) => ipBlock.cidr)).toEqual(['0.0.0.0/0', '::/0', '10.20.0.0/16']);
  expect(world[0]?.ipBlock.except).toEqual(
    expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', '192.168.0.0/16']),
  );
  const coordinator = policies.get('tm-trustmonitor');
  expect(coordinator?.policyTypes).toEqual(['Ingress', 'Egress']);
  const ports = (rules: readonly Rule[]) => rules.map((rule) => rule.ports.map(({ port }) => port));
  expect(ports(coordinator!.egress).slice(0, 3)).toEqual([[53, 53], [4222], [5432]]);
  expect(coordinator?.ingress[0]?.from).toHaveLength(3);
  // One port for API and metrics: each list closes it, or leaves it open, by what it says of the API.
  const peers = (...lists: readonly string[]) => {
    const peer = (list: string) => `networkPolicy.${list}[0].podSelector.matchLabels.app=${list}`;
    const objects = render(...lists.flatMap((list) => ['--set', peer(list)]));
    const from = ofKind(objects, 'NetworkPolicy')[0]?.spec.ingress[0]?.from;
    return from?.map(({ podSelector }) => Object.values(podSelector?.matchLabels ?? {}).at(-1));
  };
  expect(peers()).toBeUndefined();
  expect(peers('metricsFrom')).toBeUndefined();
  expect(peers('apiFrom')).toEqual(['apiFrom', 'agent']);
  expect(peers('apiFrom', 'metricsFrom')).toEqual(['apiFrom', 'metricsFrom', 'agent']);
  // Each policy is about pods that there are.
  const labels = [...ofKind(full, 'Deployment'), ...ofKind(full, 'StatefulSet')].map(
    ({ spec }) => spec.template.metadata.labels as Record<string, string>,
  );
  for (const { podSelector } of policies.values()) {
    const wanted = Object.entries(podSelector.matchLabels);
    expect(labels.some((one) => wanted.every(([key, value]) => one[key] === value))).toBe(true);
  }
});

test('Prometheus scrapes under the names that the rules ask for, and has these very rules', () => {
  const text = readFileSync(join(DEPLOY, 'prometheus/rules.yml'), 'utf8');
  const [rule] = ofKind(full, 'PrometheusRule');
  expect(rule).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', spec: parse(text) });
  const monitors = ofKind(full, 'ServiceMonitor');
  const services = ofKind(full, 'Service');
  const jobs = monitors.map(({ apiVersion, spec, metadata }) => {
    expect([apiVersion, metadata.labels['release']]).toEqual([
      'monitoring.coreos.com/v1',
      'prometheus',
    ]);
    const [endpoint] = spec.endpoints;
    const service = services.find(({ metadata: { labels } }) =>
      Object.entries(spec.selector.matchLabels).every(([key, value]) => labels[key] === value),
    );
    const named = service?.spec.ports.map(({ name }) => name);
    expect([endpoint.path, named]).toEqual(['/metrics', [endpoint.port]]);
    return endpoint.relabelings[0].replacement;
  });
  expect(jobs).toEqual(['trustmonitor', 'trustmonitor-agents']);
  const asked = [...text.matchAll(/job="([^"]+)"/g)].map(([, job]) => job);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((job) => !jobs.includes(job!))).toEqual([]);
  expect(monitors[0]?.spec.endpoints[0].authorization?.credentials.name).toBe('acme-prometheus');
});

test.each([
  ['a value that there is not', ['coordinator.replica=3'], 'replica is not allowed'],
  ['a secret among settings', ['coordinator.settings.DATABASE_URL=x'], 'settings'],
  ['a region without its group', ['agents.regions[0].name=eu'], 'group is required'],
  ['a password in a URL', ['coordinator.natsUrl=nats://me:secret@nats:4222'], 'natsUrl'],
  [
    'agents that have nowhere to join',
    ['coordinator.enabled=false', 'agents.regions[0].name=eu', 'agents.regions[0].group=x'],
    'agents.apiUrl',
  ],
  ['two authorities', ['ca.secret=a', 'ca.configMap=b'], 'not both'],
  [
    'a name that StatefulSets cannot have',
    [`agents.regions[0].name=${'r'.repeat(50)}`, 'agents.regions[0].group=x'],
    'too long',
  ],
])('refuses %s, and says so', (_name, values, why) => {
  const { status, stderr } = runHelm('template', 'tm', CHART, '--set', values.join(','));
  expect([status, stderr]).toEqual([1, expect.stringContaining(why)]);
});
