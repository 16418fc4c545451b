import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { Identity } from './identity.js';

describe('identity', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'identity-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('verifies what it issued, again and again', async () => {
    const identity = await Identity.ephemeral();
    const token = await identity.issue({ subject: 'alice', role: 'customer' });
    for (let time = 0; time < 2; time++) {
      expect(await identity.authenticate(`Bearer ${token}`)).toEqual({ subject: 'alice', role: 'customer' });
    }
  });

  it('refuses what is expired, foreign, altered, unsigned or of another shape', async () => {
    const identity = await Identity.ephemeral();
    const foreign = await Identity.ephemeral();
    const token = await identity.issue({ subject: 'alice', role: 'customer' });
    const [header = '', payload = '', signature = ''] = token.split('.');
    const asOperator = Buffer.from(payload, 'base64url').toString().replace('customer', 'operator');
    const signed = (claims: Record<string, unknown>, issuer = 'kafka-order-flow') =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA' })
        .setIssuer(issuer)
        .setSubject('alice')
        .setExpirationTime('1h')
        .sign(identity.privateKey!);
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const refused = [
      await identity.issue({ subject: 'alice', role: 'customer' }, '-1s'),
      await foreign.issue({ subject: 'alice', role: 'operator' }),
      `${header}.${Buffer.from(asOperator).toString('base64url')}.${signature}`,
      none,
      `${none}x`,
      await signed({ role: 'root' }),
      await signed({}),
      await signed({ role: 'operator' }, 'somebody'),
      'a.b.c',
    ];
    for (const wrong of refused) {
      await expect(identity.authenticate(`Bearer ${wrong}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    for (const wrong of [undefined, '', token, `Basic ${token}`, `Bearer ${token} ${token}`]) {
      await expect(identity.authenticate(wrong)).rejects.toThrow('a bearer token is needed');
    }
  });

  it('does not go on believing a token it knows once that has expired', async () => {
    const identity = await Identity.ephemeral();
    const token = await identity.issue({ subject: 'alice', role: 'customer' }, '1s');
    await identity.verify(token);
    const end = performance.now() + 5_000;
    const refused = async () =>
      identity.verify(token).then(
        () => false,
        () => true,
      );
    while (!(await refused())) {
      if (performance.now() > end) throw new Error('still believed');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it('keeps its key in a file that only its owner can read', async () => {
    const nested = join(directory, 'keys');
    const first = await Identity.fromDirectory(nested);
    const file = join(nested, 'signing-key.pem');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(nested).mode & 0o777).toString(8)).toBe('700');
    expect(readFileSync(file, 'utf8')).toContain('PRIVATE KEY');
    const second = await Identity.fromDirectory(nested);
    const token = await first.issue({ subject: 'ops', role: 'operator' });
    expect(await second.verify(token)).toEqual({ subject: 'ops', role: 'operator' });
  });

  it('verifies with the public key alone', async () => {
    await expect(Identity.verifier(directory)).rejects.toThrow(/IDENTITY_DIR.*npm run admin -- token/);
    const issuer = await Identity.fromDirectory(directory);
    rmSync(join(directory, 'signing-key.pem'));
    const verifier = await Identity.verifier(directory);
    const token = await issuer.issue({ subject: 'ops', role: 'operator' });
    expect(await verifier.verify(token)).toEqual({ subject: 'ops', role: 'operator' });
    await expect(verifier.issue({ subject: 'ops', role: 'operator' })).rejects.toThrow('issues none');
  });

  it('publishes the verification key alone, for everybody to read, and again when it became another', async () => {
    const published = join(directory, 'for', 'services');
    const caller = { subject: 'ops', role: 'operator' } as const;
    for (const keys of ['first', 'second']) {
      const issuer = await Identity.fromDirectory(join(directory, keys));
      await issuer.publish(published);
      expect(readdirSync(published)).toEqual(['verification-key.pem']);
      expect(statSync(join(published, 'verification-key.pem')).mode & 0o444).toBe(0o444);
      expect(await (await Identity.verifier(published)).verify(await issuer.issue(caller))).toEqual(caller);
    }
  });

  it('is one when several start at once', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => Identity.fromDirectory(directory)));
    const token = await first!.issue({ subject: 'ops', role: 'operator' });
    for (const other of [...others, await Identity.verifier(directory)])
      expect(await other.verify(token)).toMatchObject({ subject: 'ops' });
  });

  it('does not make a new key where one cannot be read', async () => {
    writeFileSync(join(directory, 'signing-key.pem'), 'not a key');
    await expect(Identity.fromDirectory(directory)).rejects.toThrow();
    expect(readFileSync(join(directory, 'signing-key.pem'), 'utf8')).toBe('not a key');
  });
});
