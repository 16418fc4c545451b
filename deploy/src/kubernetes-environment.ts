import { type Environment, environmentFindings } from './environment.js';
import { type Container, type Manifest, named } from './kubernetes-manifests.js';

/** What only the cluster's secrets know, and values of the shape that they have. */
const SECRETS: Readonly<Record<string, Environment>> = {
  'order-flow-servers': {
    EVENT_STORE_URL: 'esdb://admin:secret@eventstoredb:2113',
    MONGO_URL: 'mongodb://user:secret@mongodb:27017',
    REDIS_URL: 'redis://:secret@redis:6379',
  },
  'order-flow-kafka-access': {},
};

/** Stands for the address that the cluster gives to a pod. */
export const POD_ADDRESS = '10.1.2.3';
/** Only there for other variables to refer to. */
const POD_IP = 'POD_IP';

type Source = Container['envFrom'][number];
type Variable = Container['env'][number];

const sourceName = ({ configMapRef, secretRef }: Source): string => configMapRef?.name ?? secretRef?.name ?? 'nothing';

const variablesOf = ({ configMapRef, secretRef }: Source, all: readonly Manifest[]): Environment | undefined =>
  configMapRef ? named(all, 'ConfigMap', configMapRef.name)?.data : SECRETS[secretRef?.name ?? ''];

function valueOf({ value, valueFrom }: Variable): string | undefined {
  if (value !== undefined) return value;
  const { secretKeyRef: key, fieldRef } = valueFrom ?? {};
  return key ? SECRETS[key.name]?.[key.key] : fieldRef && POD_ADDRESS;
}

/** The environment of a container, with references to variables that stand before them replaced as the cluster does. */
export function environmentOf({ envFrom, env }: Container, all: readonly Manifest[]): Environment {
  const known: Record<string, string> = {};
  for (const source of envFrom) Object.assign(known, variablesOf(source, all));
  for (const variable of env) {
    const value = valueOf(variable);
    if (value !== undefined)
      known[variable.name] = value.replaceAll(/\$\((\w+)\)/g, (reference, other: string) => known[other] ?? reference);
  }
  return known;
}

/** What leads nowhere in a container's environment, is no setting, or would be refused. */
export function variableFindings(container: Container, all: readonly Manifest[]): string[] {
  const { envFrom, env } = container;
  const given = Object.entries(environmentOf(container, all)).filter(([name]) => name !== POD_IP);
  return [
    ...envFrom.filter((source) => !variablesOf(source, all)).map((source) => `${sourceName(source)} is not there`),
    ...env.filter((variable) => valueOf(variable) === undefined).map(({ name }) => `${name} comes from nowhere`),
    ...environmentFindings(Object.fromEntries(given)),
  ];
}
