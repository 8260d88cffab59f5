/**
 * The types of the Kubernetes API (of its OpenAPI document, by kubernetes-types) as a schema: the compiler
 * says of an object what a strict server would say of it: fields that there are not, fields that are
 * missing, values of another type.
 */
import { join } from 'node:path';
import ts from 'typescript';
import type { KubernetesObject } from './chart.ts';

/** Where the type of a kind is, for each that the chart may make. */
const MODULES: Readonly<Record<string, string>> = {
  'v1/Service': 'core/v1',
  'v1/ConfigMap': 'core/v1',
  'apps/v1/Deployment': 'apps/v1',
  'apps/v1/StatefulSet': 'apps/v1',
  'policy/v1/PodDisruptionBudget': 'policy/v1',
  'networking.k8s.io/v1/Ingress': 'networking/v1',
  'networking.k8s.io/v1/NetworkPolicy': 'networking/v1',
};

/** True for what the API server knows by itself; a custom resource has no type here. */
export function isBuiltIn({ apiVersion }: KubernetesObject): boolean {
  return !apiVersion.startsWith('monitoring.coreos.com/');
}

/** What the compiler has against the objects, each fault with the name of its object. */
export function faultsOf(objects: readonly KubernetesObject[]): string[] {
  const lines = objects.map((object, i) => {
    const { apiVersion, kind } = object;
    const module = MODULES[`${apiVersion}/${kind}`];
    if (module === undefined) throw new Error(`no type is known for ${apiVersion} ${kind}`);
    return `export const o${i}: import('kubernetes-types/${module}').${kind} = ${JSON.stringify(object)};`;
  });
  // Never written: beside this file, so that packages are found as from here.
  const file = join(import.meta.dirname, 'rendered.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([file], options, {
    ...host,
    fileExists: (name) => name === file || host.fileExists(name),
    getSourceFile: (name, version) =>
      name === file
        ? ts.createSourceFile(name, lines.join('\n'), version)
        : host.getSourceFile(name, version),
  });
  return ts.getPreEmitDiagnostics(program).map(({ file: source, start = 0, messageText }) => {
    const line = source?.getLineAndCharacterOfPosition(start).line ?? -1;
    const { kind, metadata } = objects[line] ?? { kind: 'unknown', metadata: { name: '' } };
    return `${kind} ${metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
