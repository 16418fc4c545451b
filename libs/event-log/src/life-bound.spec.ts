import { expect, it } from '@jest/globals';
import { startLogProcess } from './testing/log-process.js';

it('many readers and members may share a signal without a warning', async () => {
  const burst = startLogProcess('burst-process.ts', []);
  try {
    expect(await burst.line(/^(warning|begun)/)).toBe('begun 80');
  } finally {
    await burst.kill();
  }
});
