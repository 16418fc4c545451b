import { EventEmitter } from 'node:events';

/** "This document changed": a hint to look, never the truth itself. */
export interface ChangeSignal {
  readonly id: string;
  readonly version: number;
  readonly revision: number;
}

/** Carries change signals from projections to subscriptions. Delivery is best effort; receivers read the store. */
export interface SignalBus {
  publish(model: string, signals: readonly ChangeSignal[]): void;
  /** @param model a read model, e.g. `orders`. Returns how to stop. */
  subscribe(model: string, listener: (signals: readonly ChangeSignal[]) => void): () => void;
}

/** Within one process. */
export function inProcessSignalBus(): SignalBus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    publish: (model, signals) => void emitter.emit(model, signals),
    subscribe: (model, listener) => {
      emitter.on(model, listener);
      return () => emitter.off(model, listener);
    },
  };
}
