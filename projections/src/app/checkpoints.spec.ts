import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { orderEvents } from '@order-flow/contracts';
import { openMemoryEventLog } from '@order-flow/event-log';
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
