/** A decision-maker as three pure functions (the Decider pattern, Jérémie Chassaing, 2021). */
export interface Decider<Command, Event, State> {
  readonly initialState: State;
  /** What follows from the command; none when it is already so. @throws CommandRefused */
  readonly decide: (command: Command, state: State) => readonly Event[];
  readonly evolve: (state: State, event: Event) => State;
}

/** The command is understood and not allowed. `code` is stable: callers act on it. */
export class CommandRefused extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'CommandRefused';
  }
}

export type RefusalCode =
  | 'PRODUCT_EXISTS'
  | 'PRODUCT_NOT_FOUND'
  | 'PRODUCT_DISCONTINUED'
  | 'PRICE_CHANGED'
  | 'DUPLICATE_LINE'
  | 'CURRENCY_MISMATCH'
  | 'OUT_OF_RANGE'
  | 'ACCOUNT_EXISTS'
  | 'ACCOUNT_NOT_FOUND'
  | 'ACCOUNT_FROZEN'
  | 'ORDER_EXISTS'
  | 'ORDER_NOT_FOUND'
  | 'ORDER_NOT_CANCELLABLE'
  | 'ORDER_CLOSED'
  | 'IDEMPOTENCY_CONFLICT'
  | 'TOO_MUCH_CONTENTION';

export const refuse = (code: RefusalCode, message: string, details: Readonly<Record<string, unknown>> = {}): never => {
  throw new CommandRefused(code, message, details);
};
