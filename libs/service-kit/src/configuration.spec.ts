import { describe, expect, it } from '@jest/globals';
import { asDiskFailure, ConfigurationError, readSettings } from './configuration.js';

const refusal = (env: Record<string, string>): string => {
  try {
    readSettings(env);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
};

describe('settings', () => {
  it('have defaults that suit one machine; empty values count as unset, unknown variables are ignored', () => {
    const settings = readSettings({ GATEWAY_PORT: '', KAFKA_BROKERS: '', HOME: '/root', PATH: ':' });
    expect(settings).toMatchObject({ BIND_ADDRESS: '127.0.0.1', GATEWAY_PORT: 8080, PARTITIONS: 6 });
    expect(settings.KAFKA_BROKERS).toBeUndefined();
  });

  it('are read as what they mean', () => {
    const settings = readSettings({ PARTITIONS: '12', KAFKA_BROKERS: 'a:9092,b:9092', LOG_FORMAT: 'json' });
    expect(settings).toMatchObject({ PARTITIONS: 12, KAFKA_BROKERS: 'a:9092,b:9092', LOG_FORMAT: 'json' });
    const ADVERTISED_URL = 'http://{hostname}:8081';
    expect(readSettings({ ADVERTISED_URL })).toMatchObject({ ADVERTISED_URL });
  });

  it.each([
    ['GATEWAY_PORT', 'http', 'a port, 0 to 65535'],
    ['CONSOLE_PORT', '70000', 'a port, 0 to 65535'],
    ['REGISTRY_PORT', '80.5', 'a port, 0 to 65535'],
    [
      'ADVERTISED_URL',
      'http://{host}:8081',
      "http://host:port for other services, where {hostname} is this machine's (default: where it listens)",
    ],
    ['EVENT_STORE_URL', 'http://localhost:2113', 'esdb://host:2113?tls=false'],
    ['CORS_ORIGINS', 'shop.example', 'https://host:port,https://host, without spaces and paths, empty for none'],
    ['CORS_ORIGINS', 'https://a.example/', 'https://host:port,https://host, without spaces and paths, empty for none'],
    [
      'CORS_ORIGINS',
      'https://a, https://b',
      'https://host:port,https://host, without spaces and paths, empty for none',
    ],
    ['KAFKA_BROKERS', 'localhost', 'host:port,host:port'],
    ['KAFKA_BROKERS', 'http://localhost:9092', 'host:port,host:port'],
    ['KAFKA_BROKERS', 'a:9092,b:90922', 'host:port,host:port'],
    ['KAFKA_BROKERS', 'a:0', 'host:port,host:port'],
    ['KAFKA_SASL_MECHANISM', 'gssapi', 'plain, scram-sha-256 or scram-sha-512'],
    ['KAFKA_REPLICATION_FACTOR', '0', '1 to 32 (default: what the brokers choose)'],
    ['MONGO_URL', 'localhost:27017', 'mongodb://host:27017'],
    ['REDIS_URL', 'localhost', 'redis://host:6379'],
    ['PARTITIONS', '0', '1 to 256; fixed once topics exist'],
    ['LOG_LEVEL', 'loud', 'trace, debug, info, warn, error, fatal or silent'],
    ['LOG_FORMAT', 'xml', 'json or pretty (default: pretty on a terminal)'],
    ['SAGA_STEP_DEADLINE_MS', '5', 'milliseconds, 100 to 86400000'],
    ['COMMIT_INTERVAL_MS', '-1', 'milliseconds, 1 to 60000'],
    ['RATE_LIMIT_PER_MINUTE', 'many', 'requests a minute and caller'],
    ['SUBSCRIPTIONS_PER_CALLER', '0', 'open at one gateway, 1 to 20000'],
  ])('refuse %s=%s in one line that says what is allowed', (name, value, allowed) => {
    expect(refusal({ [name]: value })).toBe(`${name}="${value}" is not valid; allowed: ${allowed}`);
  });

  it.each(['', 'https://a.example', 'http://localhost:5173,https://a.example'])('take origins: "%s"', (origins) =>
    expect(readSettings({ CORS_ORIGINS: origins }).CORS_ORIGINS).toBe(origins),
  );

  it('want a way into Kafka to be whole, and show nothing of it', () => {
    const together = 'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together';
    const brokers = { KAFKA_BROKERS: 'a:9092' };
    expect(refusal({ KAFKA_SASL_PASSWORD: 'hunter2' })).toBe(
      'KAFKA_SASL_PASSWORD is set, but KAFKA_BROKERS is not; set both or neither',
    );
    expect(refusal({ ...brokers, KAFKA_SASL_PASSWORD: 'hunter2' })).toBe(
      `KAFKA_SASL_PASSWORD is set, but KAFKA_SASL_MECHANISM is not; ${together}`,
    );
    expect(refusal({ ...brokers, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'ada' })).toBe(
      `KAFKA_SASL_PASSWORD is missing; ${together}`,
    );
    const whole = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'ada', KAFKA_SASL_PASSWORD: 'hunter2' };
    expect(refusal({ ...brokers, ...whole })).toBe('accepted');
  });

  it('never show a password, and never more than one line', () => {
    const message = refusal({ MONGO_URL: 'mongo://admin:hunter2@db' });
    expect(message).toBe('MONGO_URL=(hidden) is not valid; allowed: mongodb://host:27017');
    expect(refusal({ KAFKA_BROKERS: 'ada:hunter2@kafka:9092' })).toContain('KAFKA_BROKERS=(hidden)');
    expect(refusal({ LOG_LEVEL: 'a\nb' })).not.toContain('\n');
  });
});

describe('a directory that cannot be written', () => {
  it('is named with the remedy when its disk has no room', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const told = asDiskFailure(error, '/data') as ConfigurationError;
    expect(told).toBeInstanceOf(ConfigurationError);
    expect(told.message).toBe(
      '/data cannot be written, its disk is full: make room, or name another directory (ENOSPC: no space left on device, write)',
    );
  });

  it.each(['EACCES', 'EEXIST', 'ENOTDIR'])('names the directory when it cannot be used (%s)', (code) => {
    const error = Object.assign(new Error(`${code}: no`), { code, path: '/data/process.1' });
    const told = asDiskFailure(error, '/data') as ConfigurationError;
    expect(told).toBeInstanceOf(ConfigurationError);
    expect(told.message).toMatch(/^\/data cannot be written, .+, or name another directory \(/);
    expect(asDiskFailure(Object.assign(new Error(code), { code, path: '/elsewhere' }), '/data')).toMatchObject({
      code,
    });
    expect(asDiskFailure(Object.assign(new Error('listen EACCES'), { code }), '/data')).toMatchObject({ code });
  });

  it('is not taken for the cause of other failures', () => {
    const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' });
    expect(asDiskFailure(error, '/data')).toBe(error);
  });
});
