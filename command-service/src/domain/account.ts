import { type AccountDomainEvent, addMoney, type Money, MoneyError } from '@order-flow/contracts';
import { type Decider, refuse } from './decider.js';

export type AccountCommand =
  | { readonly type: 'OpenAccount'; readonly accountId: string; readonly name: string; readonly email: string | null }
  | { readonly type: 'DepositFunds'; readonly accountId: string; readonly amount: Money }
  | { readonly type: 'FreezeAccount'; readonly accountId: string; readonly reason: string }
  | { readonly type: 'UnfreezeAccount'; readonly accountId: string };

export interface Account {
  readonly open: boolean;
  readonly frozen: boolean;
  /** All that was ever deposited, by currency, in minor units: no balance can be above it. */
  readonly deposited: Readonly<Record<string, number>>;
}

function deposit({ deposited }: Account, accountId: string, amount: Money): AccountDomainEvent[] {
  const { currency } = amount;
  try {
    addMoney({ amount: deposited[currency] ?? 0, currency }, amount);
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
    return refuse('OUT_OF_RANGE', `account ${accountId} cannot hold so much ${currency}: ${error.message}`);
  }
  return [{ type: 'FundsDeposited', data: { accountId, amount } }];
}

/** One customer's account. Its balance belongs to payment; here it is opened, filled and frozen. */
export const account: Decider<AccountCommand, AccountDomainEvent, Account> = {
  initialState: { open: false, frozen: false, deposited: {} },
  decide(command, state) {
    const { open, frozen } = state;
    const { accountId } = command;
    if (command.type === 'OpenAccount') {
      if (open) refuse('ACCOUNT_EXISTS', `account ${accountId} exists already`);
      return [{ type: 'AccountOpened', data: { accountId, name: command.name, email: command.email } }];
    }
    if (!open) return refuse('ACCOUNT_NOT_FOUND', `there is no account ${accountId}`);
    switch (command.type) {
      case 'DepositFunds':
        return deposit(state, accountId, command.amount);
      case 'FreezeAccount':
        return frozen ? [] : [{ type: 'AccountFrozen', data: { accountId, reason: command.reason } }];
      case 'UnfreezeAccount':
        return frozen ? [{ type: 'AccountUnfrozen', data: { accountId } }] : [];
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'AccountOpened':
        return { ...state, open: true };
      case 'AccountFrozen':
        return { ...state, frozen: true };
      case 'AccountUnfrozen':
        return { ...state, frozen: false };
      case 'FundsDeposited': {
        const { currency } = event.data.amount;
        const total = (state.deposited[currency] ?? 0) + event.data.amount.amount;
        return { ...state, deposited: { ...state.deposited, [currency]: total } };
      }
    }
  },
};
