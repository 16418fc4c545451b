import { type Service, serviceNames } from '@order-flow/cluster';
import { image, isService, services, stopDeadlineSeconds } from './code.js';
import type { ComposeFile, ComposeService } from './compose-file.js';
import { environmentFindings, serverFindings } from './environment.js';

type Rule = (container: ComposeService, file: ComposeFile, name: string) => string[];

const unless = (holds: boolean, finding: string): string[] => (holds ? [] : [finding]);

/** A version down to the patch, so that what was tested is what runs. */
const pinned: Rule = (container) =>
  unless(/^[\w./-]+:\d+\.\d+\.\d+[\w.-]*$/.test(container.image), `image ${container.image} has no whole version`);

const publishedHereOnly: Rule = ({ ports }) =>
  ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `port ${port} is open to other machines`);

const gainsNoPrivileges: Rule = ({ security_opt }) =>
  unless(security_opt.includes('no-new-privileges:true'), 'may gain privileges');

const declared: Rule = ({ networks, volumes }, file) => [
  ...networks.filter((name) => !(name in file.networks)).map((name) => `network ${name} is not declared`),
  ...volumes
    .map((volume) => volume.split(':', 1)[0] ?? '')
    .filter((source) => !source.startsWith('/') && !(source in file.volumes))
    .map((source) => `volume ${source} is not declared`),
];

function dependencyFindings(container: ComposeService, file: ComposeFile, on: string): string[] {
  const dependency = file.services[on];
  const stated = container.depends_on[on];
  if (!dependency || !stated) return [`depends on ${on}, which is not there`];
  const condition = dependency.healthcheck ? 'service_healthy' : 'service_completed_successfully';
  const together = container.profiles.every((profile) => dependency.profiles.includes(profile));
  const ends = dependency.healthcheck !== undefined || dependency.restart === 'no';
  return [
    ...unless(stated.condition === condition, `waits for ${on} with ${stated.condition}`),
    ...unless(ends, `waits for ${on} to end, which it never does`),
    ...unless(
      stated.required === together,
      `${on} is ${together ? 'in every layer of it' : 'not always started with it'}`,
    ),
  ];
}

const dependencies: Rule = (container, file) =>
  Object.keys(container.depends_on).flatMap((on) => dependencyFindings(container, file, on));

/** Every server that the environment names is reached over a shared network, and waited for. */
const reachesItsServers: Rule = (container, { services: all }) =>
  Object.values(container.environment)
    .flatMap((value) => [...value.matchAll(/(?:^|[/@,])([a-z][\w-]*):\d+/g)].map(([, host]) => host ?? ''))
    .flatMap((host) => {
      const server = all[host];
      if (!server) return [`${host} is nobody's name`];
      const shared = server.networks.some((network) => container.networks.includes(network));
      return [
        ...unless(shared, `shares no network with ${host}`),
        ...unless(host in container.depends_on, `does not wait for ${host}`),
      ];
    });

const confined: Rule = ({ user, read_only, cap_drop, init }) => [
  ...unless(user === '1000:1000', 'does not run as user 1000'),
  ...unless(read_only, 'can write to its file system'),
  ...unless(cap_drop.includes('ALL'), 'keeps capabilities'),
  ...unless(init === true, 'has nobody that takes signals for a program that does not'),
];

const settings: Rule = ({ environment }) => environmentFindings(environment);

const ofOurImage: Rule = (container) => [
  ...unless(container.image === image && container.build === '.', `does not run ${image} as it is built here`),
  ...unless(
    container.command[0] === 'admin' || isService(container.command[0]),
    `runs ${String(container.command[0])}`,
  ),
];

const keepsServing: Rule = ({ restart, stop_grace_period, healthcheck }) => [
  ...unless(restart === 'unless-stopped', 'is not started again'),
  ...unless(
    stop_grace_period !== undefined && Number.parseInt(stop_grace_period) > stopDeadlineSeconds,
    `is killed before its parts have had ${stopDeadlineSeconds} s to stop`,
  ),
  ...unless(healthcheck !== undefined, 'has no health check'),
];

/** In each layer that may have several, a fixed port of this machine could be had by one replica alone. */
const FIXED_PORTS: readonly Service[] = ['registry', 'graphql-gateway', 'console'];

function portFindings(name: Service, { environment, ports, healthcheck }: ComposeService): string[] {
  const { port } = services[name];
  const fixed = FIXED_PORTS.includes(name);
  const allowed = fixed ? `127.0.0.1:${port}:${port}` : `127.0.0.1::${port}`;
  const asked = healthcheck?.test.some((word) => word.includes(`'http://127.0.0.1:${port}/health/ready'`)) ?? false;
  return [
    ...ports.filter((each) => each !== allowed).map((each) => `publishes ${each}`),
    ...unless(!fixed || ports.length > 0, `does not publish ${port}`),
    ...unless(environment['ADVERTISED_URL'] === `http://{hostname}:${port}`, 'does not say where it is reached'),
    ...unless(environment['BIND_ADDRESS'] === '0.0.0.0', 'listens where no other container reaches it'),
    ...Object.keys(environment)
      .filter((variable) => variable.endsWith('_PORT'))
      .map((variable) => `${variable} is another port than the rest of the file has`),
    ...unless(asked, `is not asked whether it is ready on port ${port}`),
  ];
}

function volumeFindings(name: Service, { volumes }: ComposeService): string[] {
  const keepsState = name === 'processors';
  return [
    ...unless(volumes.includes('verification-key:/identity:ro'), 'has no key to verify tokens with'),
    ...unless(!volumes.some((volume) => volume.startsWith('signing-key')), 'has the key that signs tokens'),
    ...unless(volumes.includes('/data') === keepsState, keepsState ? 'has no place for its state' : 'keeps state'),
    ...unless(!volumes.some((volume) => volume.includes(':/data')), 'shares its state with its replicas'),
  ];
}

const service: Rule = (container, file, name) => {
  if (!isService(name)) return [];
  return [
    ...unless(container.command[0] === name, `runs ${String(container.command[0])}`),
    ...serverFindings(name, Object.keys(container.environment)),
    ...keepsServing(container, file, name),
    ...portFindings(name, container),
    ...volumeFindings(name, container),
  ];
};

const OF_ALL: readonly Rule[] = [pinned, publishedHereOnly, gainsNoPrivileges, declared, dependencies];
const OF_SERVERS: readonly Rule[] = [keepsServing];
const OF_PROGRAMS: readonly Rule[] = [ofOurImage, confined, settings, reachesItsServers, service];

/** Where a compose file and the code, or parts of the file, do not agree; each finding begins with the container's name. */
export function composeFindings(file: ComposeFile): string[] {
  const missing = serviceNames.filter((name) => !(name in file.services)).map((name) => `${name}: is not there`);
  const found = Object.entries(file.services).flatMap(([name, container]) => {
    const ours = !container.profiles.includes('infrastructure');
    const strange = ours && container.command[0] !== 'admin' && !isService(name) ? ['is no service'] : [];
    const rules = [...OF_ALL, ...(ours ? OF_PROGRAMS : OF_SERVERS)];
    return [...strange, ...rules.flatMap((rule) => rule(container, file, name))].map((text) => `${name}: ${text}`);
  });
  return [...missing, ...found];
}
