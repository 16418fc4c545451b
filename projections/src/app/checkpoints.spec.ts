import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { orderEvents } from '@order-flow/contracts';
import { type Offset, openMemoryEventLog } from '@order-flow/event-log';
import { type OrderLog, orderLog } from '../testing/order-log.js';
import { Checkpoints, refuseForeignCheckpoints } from './checkpoints.js';

let orders: OrderLog;
beforeEach(async () => {
  orders = await orderLog();
});
afterEach(() => orders.stop());

it('read models that were folded from another log are refused, those of this one and new ones are not', async () => {
  const { log, readStore } = orders;
  const another = await openMemoryEventLog();
  await refuseForeignCheckpoints(readStore, log);
  await new Checkpoints(readStore, log, 'orders__1').save([{ topic: orderEvents.name, partition: 0, offset: 0 }]);
  await refuseForeignCheckpoints(readStore, log);
  const refused = refuseForeignCheckpoints(readStore, another);
  await expect(refused).rejects.toMatchObject({ code: 'FOREIGN_CHECKPOINT' });
  await expect(refused).rejects.toThrow(await log.identity());
  await another.close();
});

it('a checkpoint where the log has no records is refused, with the remedy', async () => {
  const { log, readStore } = orders;
  const topic = orderEvents.name;
  const writer = await log.openWriter('somebody');
  const record = { topic, partition: 0, key: 'k', value: Buffer.from('{}'), timestamp: 1 };
  await writer.commit({ records: [record, record, record, record] });
  await writer.close();
  const loadedFrom = async (offset: number) => {
    const checkpoints = new Checkpoints(readStore, log, 'orders__1');
    await checkpoints.save([{ topic, partition: 0, offset }]);
    return checkpoints.load([{ topic, partition: 0 }]);
  };
  expect(await loadedFrom(2)).toEqual([{ topic, partition: 0, offset: 2 }]);
  await expect(loadedFrom(5)).rejects.toMatchObject({ code: 'POSITION_BEYOND_END' });
  await log.admin.deleteRecords([{ topic, partition: 0, offset: 3 }]);
  await expect(loadedFrom(2)).rejects.toMatchObject({
    code: 'POSITION_BELOW_BEGIN',
    message: expect.stringContaining(`${topic}/0 stands at 2, but the log begins at 3`),
  });
  expect(await loadedFrom(3)).toEqual([{ topic, partition: 0, offset: 3 }]);
  const lacking: Offset[] = [];
  for (const collection of ['orders__1', 'orders__2'])
    await new Checkpoints(readStore, log, collection).load([{ topic, partition: 0 }], (from) => lacking.push(from));
  expect(lacking).toEqual([{ topic, partition: 0, offset: 3 }]);
});
