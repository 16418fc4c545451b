import { expect, it } from '@jest/globals';
import { orderCommands } from '@order-flow/contracts';
import { type EventLog, type Offset, openMemoryEventLog } from '@order-flow/event-log';
import { overriding } from '@order-flow/service-kit/testing';
import { HandledOffsets } from './handled-offsets.js';

it('commits at its end also what was handled while a commit was under way', async () => {
  const memory = await openMemoryEventLog();
  await memory.admin.ensureTopics([orderCommands], { partitions: 1 });
  const at = (offset: number): Offset => ({ topic: orderCommands.name, partition: 0, offset });
  const ended = new AbortController();
  const commitOffsets: EventLog['admin']['commitOffsets'] = async (consumed) => {
    await memory.admin.commitOffsets(consumed);
    if (ended.signal.aborted) return;
    handled.reached(at(2));
    ended.abort();
  };
  const log = overriding(memory, { admin: overriding(memory.admin, { commitOffsets }) });
  const handled = new HandledOffsets(log, 'group');
  handled.reached(at(1));
  await handled.keepCommitting(ended.signal);
  expect(await memory.admin.committed('group')).toEqual([at(2)]);
  await memory.close();
});
