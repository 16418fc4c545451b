import { serviceNames } from '@order-flow/cluster';
import { image, isService, services, stopDeadlineSeconds } from './code.js';
import { serverFindings } from './environment.js';
import { environmentOf, POD_ADDRESS, variableFindings } from './kubernetes-environment.js';
import { type Container, type Manifest, named, type PodSpec } from './kubernetes-manifests.js';

const unless = (holds: boolean, finding: string): string[] => (holds ? [] : [finding]);

const confined = ({ securityContext, ...pod }: PodSpec, { securityContext: own }: Container): string[] => [
  ...unless(securityContext.runAsNonRoot && securityContext.runAsUser === 1000, 'does not run as user 1000'),
  ...unless(securityContext.seccompProfile.type === 'RuntimeDefault', 'may call everything of the kernel'),
  ...unless(!own.allowPrivilegeEscalation, 'may gain privileges'),
  ...unless(own.readOnlyRootFilesystem, 'can write to its file system'),
  ...unless(own.capabilities.drop.includes('ALL'), 'keeps capabilities'),
  ...unless(!pod.automountServiceAccountToken, 'has a way into the cluster that it does not need'),
  ...unless(!pod.enableServiceLinks, "is given the cluster's variables, which have the names of settings"),
];

function probes({ startupProbe, readinessProbe, livenessProbe }: Container): string[] {
  const asked = { startupProbe, readinessProbe, livenessProbe };
  const paths = { startupProbe: '/health/live', readinessProbe: '/health/ready', livenessProbe: '/health/live' };
  return Object.entries(asked).flatMap(([name, probe]) => {
    const right = probe?.httpGet.path === paths[name as keyof typeof paths] && probe.httpGet.port === 'http';
    return unless(right, `has no ${name} that asks as it should`);
  });
}

function volumes(name: string, { volumes: held }: PodSpec, { volumeMounts }: Container): string[] {
  const key = volumeMounts.find(({ mountPath }) => mountPath === '/identity');
  const secret = held.find((volume) => volume.name === key?.name)?.secret?.secretName;
  const state = volumeMounts.find(({ mountPath }) => mountPath === '/data');
  const kept = held.some((volume) => volume.name === state?.name && volume.emptyDir !== undefined);
  return [
    ...unless(key?.readOnly === true && secret === 'order-flow-verification-key', 'has no key to verify tokens with'),
    ...unless(kept === (name === 'processors'), kept ? 'keeps state' : 'has no place for its state'),
    ...volumeMounts
      .filter((mount) => !held.some((each) => each.name === mount.name))
      .map((mount) => `has no volume ${mount.name}`),
  ];
}

const carries = (labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

/** A service's own part: its deployment, the service before it and its budget. */
function serviceFindings(name: string, all: readonly Manifest[]): string[] {
  const deployment = named(all, 'Deployment', name);
  if (!deployment || !isService(name)) return [deployment ? 'is no service' : 'is not there'];
  const { template, selector } = deployment.spec;
  const [container] = template.spec.containers;
  if (!container) return ['has no container'];
  const { port } = services[name];
  const env = environmentOf(container, all);
  const door = named(all, 'Service', name)?.spec;
  const budget = named(all, 'PodDisruptionBudget', name)?.spec;
  const { labels } = template.metadata;
  return [
    ...unless(container.args[0] === name, `runs ${String(container.args[0])}`),
    ...serverFindings(name, Object.keys(env)),
    ...unless(
      container.ports.some((each) => each.name === 'http' && each.containerPort === port),
      `is not at ${port}`,
    ),
    ...unless(env['ADVERTISED_URL'] === `http://${POD_ADDRESS}:${port}`, 'does not say where it is reached'),
    ...unless(env['BIND_ADDRESS'] === '0.0.0.0', 'listens where nobody reaches it'),
    ...unless(template.spec.terminationGracePeriodSeconds > stopDeadlineSeconds, 'is killed before it can stop'),
    ...probes(container),
    ...volumes(name, template.spec, container),
    ...unless(carries(labels, selector.matchLabels), 'does not select its own pods'),
    ...unless(door?.ports[0]?.port === port && door.ports[0].targetPort === 'http', `has no service at ${port}`),
    ...unless(door !== undefined && carries(labels, door.selector), 'has a service before other pods'),
    ...unless(budget !== undefined && carries(labels, budget.selector.matchLabels), 'has no budget'),
  ];
}

/** Where manifests and the code, or manifests among themselves, do not agree; each finding begins with the workload's name. */
export function kubernetesFindings(all: readonly Manifest[]): string[] {
  const workloads = all.filter((each) => each.kind === 'Deployment' || each.kind === 'Job');
  const deployed = workloads.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
  const ofAll = workloads.flatMap(({ metadata: { name }, spec: { template } }) =>
    template.spec.containers
      .flatMap((container) => [
        ...unless(container.image === image, `does not run ${image}`),
        ...confined(template.spec, container),
        ...variableFindings(container, all),
      ])
      .map((text) => `${name}: ${text}`),
  );
  const names = [...new Set<string>([...serviceNames, ...deployed])];
  return [...ofAll, ...names.flatMap((name) => serviceFindings(name, all).map((text) => `${name}: ${text}`))];
}
