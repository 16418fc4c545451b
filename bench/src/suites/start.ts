import { medians } from '../median.js';
import { freePortOffset, PlatformProcess } from '@order-flow/all-in-one';
import type { Suite } from '../suite.js';

/** From `npm start` (its script, once built) to readiness: on an empty directory, which is seeded, and on one that is not. */
export const startSuite: Suite = async ({ runs, inDirectory }) => {
  const { empty, again } = await medians(runs, () =>
    inDirectory(async (directory) => {
      const platform = new PlatformProcess(directory, await freePortOffset());
      const seconds = async (): Promise<number> => {
        const startedAt = performance.now();
        await platform.start();
        const taken = (performance.now() - startedAt) / 1_000;
        await platform.stop();
        return taken;
      };
      return { empty: await seconds(), again: await seconds() };
    }),
  );
  return [
    { name: 'ready on an empty directory, shop seeded', value: empty, unit: 's', target: { below: 3 } },
    { name: 'ready on existing data', value: again, unit: 's', target: { below: 3 } },
  ];
};
