import { expect, it } from '@jest/globals';
import { findSystem } from './system.js';

it('a file that is no ready file is named, and left alone', async () => {
  const readyFile = import.meta.filename;
  const found = findSystem({ readyFile } as Parameters<typeof findSystem>[0], {});
  await expect(found).rejects.toThrow(`${readyFile} is no ready file of a system. Start one with`);
});
