import type { EventLog, Offset } from '@order-flow/event-log';
import { expect, it } from '@jest/globals';
import { HandledOffsets } from './handled-offsets.js';

it('commits at its end also what was handled while a commit was under way', async () => {
  const committed: number[] = [];
  const ended = new AbortController();
  const at = (offset: number): Offset => ({ topic: 'order.commands', partition: 0, offset });
  const commitOffsets = ({ offsets }: { readonly offsets: readonly Offset[] }): Promise<void> => {
    committed.push(...offsets.map(({ offset }) => offset));
    if (committed.length === 1) {
      handled.reached(at(2));
      ended.abort();
    }
    return Promise.resolve();
  };
  const handled = new HandledOffsets({ admin: { commitOffsets } } as unknown as EventLog, 'group');
  handled.reached(at(1));
  await handled.keepCommitting(ended.signal);
  expect(committed).toEqual([1, 2]);
});
