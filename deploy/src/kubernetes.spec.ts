import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { image, root, textOf } from './code.js';
import { parseManifests } from './kubernetes-manifests.js';
import { kubernetesFindings } from './kubernetes-rules.js';

const FOLDER = 'deploy/k8s';
const files = readdirSync(join(root, FOLDER)).filter((file) => file !== 'kustomization.yaml');
const texts: Readonly<Record<string, string>> = Object.fromEntries(
  files.map((file) => [file, textOf(join(FOLDER, file))]),
);

const findings = (manifests: Readonly<Record<string, string>>): string[] =>
  kubernetesFindings(Object.values(manifests).flatMap(parseManifests));

function changed(file: string, passage: string | RegExp, other: string): Readonly<Record<string, string>> {
  const text = texts[file] ?? '';
  const result = text.replace(passage, other);
  expect(result).not.toBe(text);
  return { ...texts, [file]: result };
}

describe('deploy/k8s', () => {
  it('agrees with the code, and with itself', () => expect(findings(texts)).toEqual([]));

  it('is applied as a whole, with the image of this version', () => {
    const { resources, images } = parse(textOf(join(FOLDER, 'kustomization.yaml'))) as {
      resources: string[];
      images: { newName: string; newTag: string }[];
    };
    expect([...resources].sort()).toEqual([...files].sort());
    expect(images.map(({ newName, newTag }) => `${newName}:${newTag}`)).toEqual([image]);
  });

  it.each([
    [
      'console: is not there',
      'console.yaml',
      /kind: Deployment\nmetadata: { name: console/,
      'kind: Deployment\nmetadata: { name: browser',
    ],
    [
      'browser: is no service',
      'console.yaml',
      /kind: Deployment\nmetadata: { name: console/,
      'kind: Deployment\nmetadata: { name: browser',
    ],
    ['console: runs registry', 'console.yaml', 'args: [console]', 'args: [registry]'],
    [/^topics: does not run order-flow:\d/, 'topics.yaml', /image: .*/, 'image: order-flow'],
    ['registry: does not run as user 1000', 'registry.yaml', 'runAsNonRoot: true', 'runAsNonRoot: false'],
    ['registry: may call everything of the kernel', 'registry.yaml', 'RuntimeDefault', 'Unconfined'],
    ['topics: may gain privileges', 'topics.yaml', 'Escalation: false', 'Escalation: true'],
    ['projections: can write to its file system', 'projections.yaml', 'Filesystem: true', 'Filesystem: false'],
    ['projections: keeps capabilities', 'projections.yaml', 'drop: [ALL]', 'drop: []'],
    [/^registry: is given the cluster's variables/, 'registry.yaml', 'Links: false', 'Links: true'],
    [/^registry: has a way into the cluster/, 'registry.yaml', 'Token: false', 'Token: true'],
    [
      'processors: order-flow-kafka is not there',
      'settings.yaml',
      'name: order-flow-kafka }',
      'name: order-flow-log }',
    ],
    ['processors: KAFKA_BROKERS is missing', 'processors.yaml', /.*configMapRef: { name: order-flow-kafka }\n/, ''],
    ['graphql-gateway: MONGO_URL comes from nowhere', 'graphql-gateway.yaml', 'key: MONGO_URL', 'key: MONGODB_URL'],
    [/^graphql-gateway: MONGO_URL is missing/, 'graphql-gateway.yaml', 'key: MONGO_URL', 'key: MONGODB_URL'],
    ['registry: MONGO_URL is given, but not needed', 'registry.yaml', /REDIS_URL/g, 'MONGO_URL'],
    ['topics: PARTITION is no setting', 'settings.yaml', 'PARTITIONS:', 'PARTITION:'],
    [/^topics: PARTITIONS="0" is not valid/, 'settings.yaml', "PARTITIONS: '6'", "PARTITIONS: '0'"],
    ['registry: listens where nobody reaches it', 'settings.yaml', '0.0.0.0', '127.0.0.1'],
    ['registry: is not at 8761', 'registry.yaml', 'containerPort: 8761', 'containerPort: 8760'],
    ['registry: has no service at 8761', 'registry.yaml', ' port: 8761', ' port: 80'],
    [
      'registry: has a service before other pods',
      'registry.yaml',
      'selector: { app.kubernetes.io/name: registry }',
      'selector: { app.kubernetes.io/name: console }',
    ],
    [
      'registry: does not select its own pods',
      'registry.yaml',
      'matchLabels: { app.kubernetes.io/name: registry',
      'matchLabels: { app.kubernetes.io/name: console',
    ],
    ['console: has no budget', 'console.yaml', /(Budget\nmetadata: { name:) console/, '$1 browser'],
    ['console: does not say where it is reached', 'console.yaml', '$(POD_IP):9000', 'console:9000'],
    ['console: does not say where it is reached', 'console.yaml', 'name: POD_IP', 'name: IP'],
    ['console: is killed before it can stop', 'console.yaml', 'GracePeriodSeconds: 60', 'GracePeriodSeconds: 5'],
    [/^console: has no readinessProbe/, 'console.yaml', '/health/ready', '/ready'],
    [/^console: has no livenessProbe/, 'console.yaml', /(livenessProbe:\n.*health).live/, '$1/ready'],
    [/^console: has no startupProbe/, 'console.yaml', /startupProbe.*\n/, '\n'],
    ['console: has no key to verify tokens with', 'console.yaml', 'verification-key }', 'signing-key }'],
    ['processors: has no place for its state', 'processors.yaml', 'mountPath: /data', 'mountPath: /state'],
    ['processors: has no volume state', 'processors.yaml', '- name: state', '- name: cache'],
  ])('finds “%s”', (finding, file, passage, other) => {
    const found = findings(changed(file, passage, other));
    expect(found).toContainEqual(typeof finding === 'string' ? finding : expect.stringMatching(finding));
  });

  it.each([
    ['console.yaml', 'readinessProbe', 'readynessProbe'],
    ['console.yaml', 'apiVersion: apps/v1', 'apiVersion: apps/v1beta1'],
    ['processors.yaml', 'emptyDir: ', 'hostPath: '],
    ['registry.yaml', /limits:.*\n/, '\n'],
  ])('with %s is refused when %s is %j', (file, passage, other) =>
    expect(() => findings(changed(file, passage, other))).toThrow(),
  );
});
