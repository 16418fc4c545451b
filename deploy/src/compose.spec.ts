import { describe, expect, it } from '@jest/globals';
import { textOf } from './code.js';
import { parseCompose } from './compose-file.js';
import { composeFindings } from './compose-rules.js';

const text = textOf('compose.yaml');

/** The file with a passage that it has exchanged for another, everywhere or only the first time. */
function changed(passage: string | RegExp, other: string): string {
  const result = text.replace(passage, other);
  expect(result).not.toBe(text);
  return result;
}

const findings = (file: string): string[] => composeFindings(parseCompose(file));

describe('compose.yaml', () => {
  it('agrees with the code, and with itself', () => expect(findings(text)).toEqual([]));

  it.each([
    ['console: runs registry', /command: \[console\]/, 'command: [registry]'],
    ['console: is not there', / {2}console:\n/, '  browser:\n'],
    ['browser: is no service', / {2}console:\n/, '  browser:\n'],
    [/^console: does not run order-flow:\d/, /image: order-flow:[\d.]+/, 'image: order-flow:9.9.9'],
    ['kafka: image apache/kafka:latest has no whole version', 'apache/kafka:4.3.1', 'apache/kafka:latest'],
    ['redis: image redis:7.4 has no whole version', 'redis:7.4.11-alpine', 'redis:7.4'],
    ['graphql-gateway: port 8080:8080 is open to other machines', "'127.0.0.1:8080:8080'", "'8080:8080'"],
    ['command-service: publishes 127.0.0.1:8081:8081', "'127.0.0.1::8081'", "'127.0.0.1:8081:8081'"],
    ['console: publishes 127.0.0.1:9000:9001', "'127.0.0.1:9000:9000'", "'127.0.0.1:9000:9001'"],
    ['registry: does not publish 8761', "ports: ['127.0.0.1:8761:8761']", 'ports: []'],
    [/^projections: is not asked/, '127.0.0.1:8083/health/ready', '127.0.0.1:8082/health/ready'],
    [/^projections: is not asked/, '127.0.0.1:8083/health/ready', '127.0.0.1:8083/health'],
    [/^processors: .*reached$/, "ADVERTISED_URL: 'http://{hostname}:8082'", "ADVERTISED_URL: 'http://processors:8082'"],
    [/^registry: listens where no other/, 'BIND_ADDRESS: 0.0.0.0', 'BIND_ADDRESS: 127.0.0.1'],
    [/^topics: LOG_FORMAT="xml" is not valid/, 'LOG_FORMAT: json', 'LOG_FORMAT: xml'],
    ['console: LOG_FORMATS is no setting', 'LOG_FORMAT: json', 'LOG_FORMATS: json'],
    [/^graphql-gateway: GATEWAY_PORT is another port/, 'LOG_FORMAT: json', "GATEWAY_PORT: '8090'"],
    [
      'projections: MONGO_URL is missing',
      '{ <<: [*settings, *kafka, *mongodb, *redis]',
      '{ <<: [*settings, *kafka, *redis]',
    ],
    [/^registry: KAFKA_BROKERS is given/, '{ <<: [*settings, *redis]', '{ <<: [*settings, *redis, *kafka]'],
    ["console: cache is nobody's name", "'redis://redis:6379'", "'redis://cache:6379'"],
    ['graphql-gateway: does not wait for mongodb', 'mongodb: *healthy, redis: *healthy }', 'redis: *healthy }'],
    ['console: shares no network with kafka', 'networks: [servers, platform]', 'networks: [platform]'],
    ['console: network platforms is not declared', 'networks: [servers, platform]', 'networks: [servers, platforms]'],
    [/^topics: waits for kafka with service_comp/, 'depends_on: { kafka: *healthy }', 'depends_on: { kafka: *done }'],
    [
      'topics: depends on kafak, which is not there',
      'depends_on: { kafka: *healthy }',
      'depends_on: { kafak: *healthy }',
    ],
    ['topics: kafka is not always started with it', 'required: false', 'required: true'],
    ['console: waits for identity to end, which it never does', "restart: 'no'", 'restart: unless-stopped'],
    ['console: is not started again', /(&service\n.*\n {2}restart:) unless-stopped/, "$1 'no'"],
    [/^registry: is killed before/, 'stop_grace_period: 45s', 'stop_grace_period: 5s'],
    ['seed: does not run as user 1000', "user: '1000:1000'", "user: '0:0'"],
    ['topics: can write to its file system', 'read_only: true', 'read_only: false'],
    ['identity: keeps capabilities', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]'],
    ['processors: may gain privileges', /(x-program[^]*?)security_opt: .*\n/, '$1\n'],
    ['registry: has no key to verify tokens with', 'verification-key:/identity:ro', 'verification-key:/identity'],
    ['registry: has the key that signs tokens', 'verification-key:/identity:ro', 'signing-key:/identity:ro'],
    ['processors: shares its state with its replicas', ', /data]', ", 'state:/data']"],
    ['seed: volume signing-key is not declared', '  signing-key: {}\n', ''],
    [/^kafka: is killed before/, /(x-server[^]*?)stop_grace_period: .*\n/, '$1\n'],
  ])('finds “%s”', (finding, passage, other) => {
    const found = findings(changed(passage, other));
    expect(found).toContainEqual(typeof finding === 'string' ? finding : expect.stringMatching(finding));
  });

  it.each([
    ['init: true', 'inti: true'],
    ['restart: unless-stopped', 'container_name: one'],
    ['command: [registry]', 'command: [registry]\n    privileged: true'],
    [', memory: 768M', ''],
    ['condition: service_healthy', 'condition: service_started'],
  ])('is refused with %j as %j', (passage, other) => expect(() => findings(changed(passage, other))).toThrow());
});
