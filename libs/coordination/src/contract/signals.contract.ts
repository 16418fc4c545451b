import { describe, expect, it } from '@jest/globals';
import type { ChangeSignal, SignalBus } from '../signal-bus.js';
import { type CoordinationBackend, eventually, on } from './fixture.js';

const signal = (id: string, version = 1): ChangeSignal => ({ id, version, revision: version });

/** Listens until a stop, with all that came so far. Delivery begins some time after the call: `untilHeard` waits for it. */
export function listen(bus: SignalBus, model: string) {
  const heard: ChangeSignal[] = [];
  const stop = bus.subscribe(model, (signals) => heard.push(...signals));
  return { heard, stop };
}

/** Publishes a probe again and again until it arrives: from then on the way is open. */
export const untilHeard = (from: SignalBus, model: string, { heard }: { readonly heard: readonly ChangeSignal[] }) => {
  const probe = `probe ${heard.length}`;
  return eventually(() => {
    from.publish(model, [signal(probe)]);
    return heard.some(({ id }) => id === probe);
  });
};

const withoutProbes = (heard: readonly ChangeSignal[]): readonly ChangeSignal[] =>
  heard.filter(({ id }) => !id.startsWith('probe'));

export function signalsContract(backend: CoordinationBackend): void {
  describe('its signals', () => {
    it(
      'reach the listeners of their model, in order and whole',
      on(backend, async ({ one, other }) => {
        const orders = listen(other.signals, 'orders');
        const also = listen(other.signals, 'orders');
        const products = listen(other.signals, 'products');
        for (const listener of [orders, also]) await untilHeard(one.signals, 'orders', listener);
        await untilHeard(one.signals, 'products', products);
        const many = Array.from({ length: 2_500 }, (_, index) => signal(`o-${index}`, index));
        one.signals.publish('orders', many);
        one.signals.publish('orders', [signal('ümläut "quoted"\n', 7)]);
        one.signals.publish('products', [signal('p')]);
        await eventually(() => products.heard.at(-1)?.id === 'p');
        await eventually(() => withoutProbes(also.heard).length === 2_501);
        expect(withoutProbes(orders.heard)).toEqual([...many, signal('ümläut "quoted"\n', 7)]);
        expect(withoutProbes(products.heard)).toEqual([signal('p')]);
      }),
    );

    it(
      'reach nobody who has stopped, and take nothing from those who stay',
      on(backend, async ({ one, other }) => {
        const stays = listen(other.signals, 'orders');
        const goes = listen(other.signals, 'orders');
        await untilHeard(one.signals, 'orders', stays);
        await untilHeard(one.signals, 'orders', goes);
        goes.stop();
        const before = goes.heard.length;
        one.signals.publish('orders', [signal('last')]);
        await eventually(() => stays.heard.at(-1)?.id === 'last');
        expect(goes.heard.length).toBe(before);
      }),
    );
  });
}
