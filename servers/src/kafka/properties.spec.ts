import { describe, expect, it } from '@jest/globals';
import type { Credentials } from './credentials.js';
import { type Layout, portsFrom } from './layout.js';
import { brokerProperties } from './properties.js';

const cluster = (brokers: number): Layout => ({
  clusterId: 'an-id',
  version: '4.3.1',
  brokers: portsFrom(19_092, brokers),
  secure: false,
  rebalanceDelay: 250,
  heap: 384,
  wanted: true,
});

const credentials: Credentials = {
  username: 'somebody',
  password: 'a-password',
  passwordFile: '/state/secure/password',
  certificateFile: '/state/secure/certificate.pem',
  keyStoreFile: '/state/secure/keystore.p12',
  keyStorePassword: 'another-password',
};

function propertiesOf(brokers: number, id: number, given?: Credentials): ReadonlyMap<string, string> {
  const layout = cluster(brokers);
  const text = brokerProperties(layout, layout.brokers[id - 1]!, '/state/data', given);
  const pairs = text.trimEnd().split('\n');
  return new Map(pairs.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

describe('the properties of a broker', () => {
  it('keep one replica when it is alone, and two of three otherwise', () => {
    expect(propertiesOf(1, 1).get('default.replication.factor')).toBe('1');
    expect(propertiesOf(1, 1).get('min.insync.replicas')).toBe('1');
    expect(propertiesOf(3, 2).get('default.replication.factor')).toBe('3');
    expect(propertiesOf(3, 2).get('transaction.state.log.min.isr')).toBe('2');
  });

  it('name all controllers, and listeners of its own on this machine only', () => {
    const second = propertiesOf(3, 2);
    expect(second.get('node.id')).toBe('2');
    expect(second.get('controller.quorum.voters')).toBe('1@127.0.0.1:19102,2@127.0.0.1:19103,3@127.0.0.1:19104');
    expect(second.get('listeners')).toBe('PLAINTEXT://127.0.0.1:19093,CONTROLLER://127.0.0.1:19103');
  });

  it('notice a killed broker soon only where another can take over', () => {
    expect(propertiesOf(3, 1).get('broker.session.timeout.ms')).toBe('3000');
    expect(propertiesOf(1, 1).has('broker.session.timeout.ms')).toBe(false);
  });

  it('let a new group begin as asked', () => {
    expect(propertiesOf(1, 1).get('group.initial.rebalance.delay.ms')).toBe('250');
  });

  it('have a listener with TLS and a password beside the plain one when there are credentials', () => {
    const secure = propertiesOf(1, 1, credentials);
    expect(secure.get('listeners')).toContain('PLAINTEXT://127.0.0.1:19092');
    expect(secure.get('advertised.listeners')).toContain('SASL_SSL://127.0.0.1:19112');
    expect(secure.get('listener.name.sasl_ssl.plain.sasl.jaas.config')).toContain('user_somebody="a-password"');
    expect(secure.get('ssl.keystore.location')).toBe('/state/secure/keystore.p12');
  });
});
