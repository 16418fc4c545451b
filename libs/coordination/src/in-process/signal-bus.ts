import { EventEmitter } from 'node:events';
import type { SignalBus } from '../signal-bus.js';

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
