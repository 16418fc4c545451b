import { describe, expect, it } from '@jest/globals';
import { isDuplicateKey, openMongoReadStore } from './mongo-read-store.js';
import { serverError } from './server-errors.js';

describe('the MongoDB read store', () => {
  it('refuses a URL that is not one in one line without its password', async () => {
    const opening = openMongoReadStore({ url: 'postgres://user:secret@host/db', database: 'orders' });
    const error: unknown = await opening.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ReadStoreError', code: 'STORE_UNAVAILABLE' });
    expect((error as Error).message).toMatch(/^[^\n]*MONGO_URL[^\n]*$/);
    expect((error as Error).message).not.toContain('secret');
  });

  it('knows a duplicate key by its code', () => {
    expect(isDuplicateKey(serverError({ code: 11000, errmsg: 'duplicate' }))).toBe(true);
    expect(isDuplicateKey(serverError({ code: 2, errmsg: 'other' }))).toBe(false);
    expect(isDuplicateKey(undefined)).toBe(false);
  });
});
