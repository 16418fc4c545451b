import { type RunningRedis, startRedis } from '@order-flow/servers';
import { silentLogger } from '@order-flow/service-kit';
import { localhostCertificate } from '@order-flow/service-kit/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Participant, startParticipant } from '../testing/participant-process.js';
import { openRedisCoordination } from './redis-coordination.js';

const password = 'let-me-in';

describe('a Redis that speaks TLS and asks for a password', () => {
  let redis: RunningRedis;
  let participant: Participant | undefined;
  beforeAll(async () => {
    redis = await startRedis({ protection: { ...localhostCertificate, password } });
  });
  afterEach(async () => {
    delete process.env['NODE_EXTRA_CA_CERTS'];
    await participant?.kill();
    participant = undefined;
  });
  afterAll(() => redis.down());

  it('serves who trusts its certificate and knows the password', async () => {
    process.env['NODE_EXTRA_CA_CERTS'] = localhostCertificate.certificateFile;
    participant = startParticipant(redis.url, {}, 'register', 'a');
    expect(await participant.line(/./)).toBe('registered');
    participant.tell('drain');
    expect(await participant.line(/did/)).toBe('did drain');
  }, 60_000);

  it('is told from one that is away when it is spoken to without TLS', async () => {
    const opening = openRedisCoordination(redis.url.replace('rediss:', 'redis:'), silentLogger());
    await expect(opening).rejects.toThrow(
      '; start it, or correct REDIS_URL: rediss:// if it speaks TLS, redis:// if it',
    );
    await expect(opening).rejects.not.toThrow(password);
  }, 30_000);

  it('is not believed by who does not know its certificate, and the remedy is told at once', async () => {
    const opening = openRedisCoordination(redis.url, silentLogger());
    await expect(opening).rejects.toMatchObject({ code: 'COORDINATION_REFUSED' });
    await expect(opening).rejects.toThrow(/cannot be trusted: .*self.signed certificate; NODE_EXTRA_CA_CERTS/);
    await expect(opening).rejects.not.toThrow(password);
  });
});

it('a Redis without TLS is told from one that is away when it is spoken to with TLS', async () => {
  const redis = await startRedis();
  try {
    const opening = openRedisCoordination(redis.url.replace('redis:', 'rediss:'), silentLogger());
    await expect(opening).rejects.toThrow(
      '; start it, or correct REDIS_URL: rediss:// if it speaks TLS, redis:// if it',
    );
  } finally {
    await redis.down();
  }
}, 60_000);
