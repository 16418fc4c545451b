import type { BrokerPorts, Layout } from './layout.js';
import type { Credentials } from './credentials.js';

type Properties = Readonly<Record<string, string | number | boolean>>;

const base = (layout: Layout, { id, client, controller }: BrokerPorts, dataDirectory: string): Properties => ({
  'process.roles': 'broker,controller',
  'node.id': id,
  'controller.quorum.voters': layout.brokers.map((each) => `${each.id}@127.0.0.1:${each.controller}`).join(','),
  listeners: `PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controller}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${client}`,
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'log.dirs': dataDirectory,
  // a misspelt topic is an error, not a new topic
  'auto.create.topics.enable': false,
  'group.initial.rebalance.delay.ms': layout.rebalanceDelay,
});

const replication = (brokers: number): Properties => {
  const replicas = brokers >= 3 ? 3 : 1;
  const inSync = brokers >= 3 ? 2 : 1;
  return {
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
  };
};

/** A machine that runs all brokers and the tests besides: few internal partitions and threads, little memory. */
const small: Properties = {
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.num.partitions': 4,
  'num.network.threads': 2,
  'num.io.threads': 4,
  'log.cleaner.dedupe.buffer.size': 8_388_608,
};

/** A killed broker is noticed in about 3 s instead of 9 s. */
const failsFast: Properties = { 'broker.heartbeat.interval.ms': 500, 'broker.session.timeout.ms': 3_000 };

const secured = ({ client, controller, secure }: BrokerPorts, credentials: Credentials): Properties => ({
  listeners: `PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controller},SASL_SSL://127.0.0.1:${secure}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${client},SASL_SSL://127.0.0.1:${secure}`,
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.sasl_ssl.plain.sasl.jaas.config':
    'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
    `user_${credentials.username}="${credentials.password}";`,
  'ssl.keystore.type': 'PKCS12',
  'ssl.keystore.location': credentials.keyStoreFile,
  'ssl.keystore.password': credentials.keyStorePassword,
});

/** The text of a broker's `server.properties`. It holds passwords when the cluster is secure. */
export function brokerProperties(
  layout: Layout,
  broker: BrokerPorts,
  dataDirectory: string,
  credentials?: Credentials,
): string {
  const properties = {
    ...base(layout, broker, dataDirectory),
    ...replication(layout.brokers.length),
    ...small,
    ...(layout.brokers.length > 1 ? failsFast : {}),
    ...(credentials ? secured(broker, credentials) : {}),
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
