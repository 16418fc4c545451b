import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { forgetEndpoint, recordEndpoint, runningEndpoints } from './endpoints-file.js';

it('the ways into all servers are found together until they are forgotten', async () => {
  const root = await mkdtemp(join(tmpdir(), 'endpoints-'));
  const [kafka, mongodb] = [join(root, 'kafka'), join(root, 'mongodb')];
  try {
    expect(await runningEndpoints(join(root, 'nowhere'))).toEqual({});
    await recordEndpoint(kafka, { KAFKA_BROKERS: '127.0.0.1:1', KAFKA_SASL_PASSWORD: { file: '/secret' } });
    await recordEndpoint(mongodb, { MONGO_URL: 'mongodb://127.0.0.1:1' });
    await recordEndpoint(mongodb, { MONGO_URL: 'mongodb://127.0.0.1:2' });
    expect(await runningEndpoints(root)).toEqual({
      KAFKA_BROKERS: '127.0.0.1:1',
      KAFKA_SASL_PASSWORD: { file: '/secret' },
      MONGO_URL: 'mongodb://127.0.0.1:2',
    });
    await forgetEndpoint(kafka);
    expect(await runningEndpoints(root)).toEqual({ MONGO_URL: 'mongodb://127.0.0.1:2' });
  } finally {
    await rm(root, { recursive: true });
  }
});
