import { FOR_OPERATORS } from '@order-flow/service-kit';
import { accounts } from '../app/aggregates.js';
import { handle } from '../app/handle.js';
import type { AccountCommand } from '../domain/account.js';
import { answering, type Api, type ApiContext, commandContext } from './request.js';
import {
  AccountPath,
  DecidedAccount,
  DepositBody,
  FreezeBody,
  IdempotencyHeaders,
  OpenAccountBody,
  Problems,
} from './schemas.js';
import type { FastifyRequest } from 'fastify';

const tags = ['accounts'];
const headers = IdempotencyHeaders;
const params = AccountPath;

export function accountRoutes(api: Api, { store }: ApiContext): void {
  const decided = <Status extends 200 | 201>(status: Status) =>
    ({ [status]: DecidedAccount, ...Problems }) as Record<Status, typeof DecidedAccount> & typeof Problems;
  const run = async (request: FastifyRequest, operation: string, command: AccountCommand) => {
    const { accountId } = command;
    const context = commandContext(request, operation, command);
    const { version } = await answering(() => handle(store, accounts, accountId, context, () => command));
    return { accountId, version };
  };

  api.post(
    '/api/accounts',
    {
      ...FOR_OPERATORS,
      schema: { tags, summary: 'Open an account', headers, body: OpenAccountBody, response: decided(201) },
    },
    async (request, reply) =>
      reply.status(201).send(await run(request, 'openAccount', { type: 'OpenAccount', ...request.body })),
  );
  api.post(
    '/api/accounts/:id/deposits',
    {
      ...FOR_OPERATORS,
      schema: { tags, summary: 'Deposit money', params, headers, body: DepositBody, response: decided(201) },
    },
    async (request, reply) => {
      const command = { type: 'DepositFunds', accountId: request.params.id, amount: request.body.amount } as const;
      return reply.status(201).send(await run(request, 'deposit', command));
    },
  );
  api.post(
    '/api/accounts/:id/freeze',
    {
      ...FOR_OPERATORS,
      schema: {
        tags,
        summary: 'Freeze an account: its orders are declined',
        params,
        headers,
        body: FreezeBody,
        response: decided(200),
      },
    },
    (request) =>
      run(request, 'freeze', { type: 'FreezeAccount', accountId: request.params.id, reason: request.body.reason }),
  );
  api.post(
    '/api/accounts/:id/unfreeze',
    { ...FOR_OPERATORS, schema: { tags, summary: 'Unfreeze an account', params, headers, response: decided(200) } },
    (request) => run(request, 'unfreeze', { type: 'UnfreezeAccount', accountId: request.params.id }),
  );
}
