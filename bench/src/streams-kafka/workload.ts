import { type DomainEventOf, eventTopic, eventType, type EventOf } from '@order-flow/contracts';
import { topology, type Topology } from '@order-flow/streams';
import { z } from 'zod';

/**
 * Requests are paid from one of 10,000 accounts while it has enough, and declined otherwise. Kafka Streams runs the same
 * in `bench/kafka-streams`, whose `fill` command makes the requests.
 */
export const PARTITIONS = 6;
const OPENING_BALANCE = 5_000;

const Decision = z.object({ orderId: z.string(), amount: z.int(), balance: z.int(), reason: z.string() });
export const Account = z.object({ balance: z.int(), decided: z.int() });
export type Account = z.infer<typeof Account>;

export const requestTopic = (name: string) =>
  eventTopic(name, 'account id', {
    PaymentRequested: eventType(z.object({ orderId: z.string(), amount: z.int(), note: z.string() })),
  });

export const decisionTopic = (name: string) =>
  eventTopic(name, 'account id', { PaymentMade: eventType(Decision), PaymentRefused: eventType(Decision) });

export type PaymentRequest = EventOf<ReturnType<typeof requestTopic>>;
export type PaymentDecision = DomainEventOf<ReturnType<typeof decisionTopic>>;

export const newAccount = (): Account => ({ balance: OPENING_BALANCE, decided: 0 });

/** The answer to a request. */
export function decide({ data: { orderId, amount } }: PaymentRequest, { balance }: Account): PaymentDecision {
  return amount <= balance
    ? { type: 'PaymentMade', data: { orderId, amount, balance: balance - amount, reason: '' } }
    : { type: 'PaymentRefused', data: { orderId, amount, balance, reason: 'INSUFFICIENT_FUNDS' } };
}

export const evolve = ({ decided }: Account, { data: { balance } }: PaymentDecision): Account => ({
  balance,
  decided: decided + 1,
});

/** The workload as a topology. `began` is told of each record before it is decided. */
export const payments = (name: string, input: string, output: string, began: () => void): Topology =>
  topology(name, (t) => {
    const accounts = t.store('accounts', Account);
    t.from(requestTopic(input), { sequenced: false })
      .decide<Account, PaymentDecision>(accounts, {
        initialState: newAccount,
        decide: (request, account) => {
          began();
          return [decide(request, account)];
        },
        evolve,
      })
      .to(decisionTopic(output));
  });
