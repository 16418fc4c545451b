import type { AccountDomainEvent, Money } from '@order-flow/contracts';
import { type Decider, refuse } from './decider.js';

export type AccountCommand =
  | { readonly type: 'OpenAccount'; readonly accountId: string; readonly name: string; readonly email: string | null }
  | { readonly type: 'DepositFunds'; readonly accountId: string; readonly amount: Money }
  | { readonly type: 'FreezeAccount'; readonly accountId: string; readonly reason: string }
  | { readonly type: 'UnfreezeAccount'; readonly accountId: string };

export interface Account {
  readonly open: boolean;
  readonly frozen: boolean;
}

/** One customer's account. Its balance belongs to payment; here it is opened, filled and frozen. */
export const account: Decider<AccountCommand, AccountDomainEvent, Account> = {
  initialState: { open: false, frozen: false },
  decide(command, { open, frozen }) {
    const { accountId } = command;
    if (command.type === 'OpenAccount') {
      if (open) refuse('ACCOUNT_EXISTS', `account ${accountId} exists already`);
      return [{ type: 'AccountOpened', data: { accountId, name: command.name, email: command.email } }];
    }
    if (!open) return refuse('ACCOUNT_NOT_FOUND', `there is no account ${accountId}`);
    switch (command.type) {
      case 'DepositFunds':
        return [{ type: 'FundsDeposited', data: { accountId, amount: command.amount } }];
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
      case 'FundsDeposited':
        return state;
    }
  },
};
