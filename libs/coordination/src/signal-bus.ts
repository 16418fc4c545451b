/** "This document changed": a hint to look, never the truth itself. */
export interface ChangeSignal {
  readonly id: string;
  readonly version: number;
  readonly revision: number;
}

/** Carries change signals from projections to subscriptions. Delivery is best effort; receivers read the store. */
export interface SignalBus {
  /** Neither waits nor throws; what cannot be delivered is dropped. */
  publish(model: string, signals: readonly ChangeSignal[]): void;
  /** @param model a read model, e.g. `orders`. Returns how to stop. */
  subscribe(model: string, listener: (signals: readonly ChangeSignal[]) => void): () => void;
}
