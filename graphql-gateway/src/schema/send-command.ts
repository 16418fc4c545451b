import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { CommandServiceError } from '../commands/command.js';
import { isOperator, type RequestContext } from './context.js';
import { unauthenticatedError } from './graphql-errors.js';
import { asRefusal, Refusal } from './refusal.js';

const KEY = /^[\x21-\x7e]{1,200}$/;

export interface CommandRequest<Decision> {
  readonly path: string;
  readonly body: object;
  readonly idempotencyKey: string | null | undefined;
  readonly answer: z.ZodType<Decision>;
  readonly operatorOnly?: boolean;
}

function refuseBeforeSending(context: RequestContext, { idempotencyKey, operatorOnly }: CommandRequest<unknown>) {
  if (operatorOnly && !isOperator(context)) return new Refusal('ForbiddenError', 'FORBIDDEN', 'this needs an operator');
  if (idempotencyKey == null || KEY.test(idempotencyKey)) return undefined;
  return new Refusal('InvalidInputError', 'INVALID_INPUT', 'idempotencyKey is 1 to 200 printable ASCII characters');
}

/**
 * Sends a mutation's command with the caller's own token and answers with its decision, or why there is none.
 * @throws GraphQLError UNAUTHENTICATED when the token has expired meanwhile
 */
export async function sendCommand<Decision>(
  context: RequestContext,
  request: CommandRequest<Decision>,
): Promise<Decision | Refusal> {
  const refused = refuseBeforeSending(context, request);
  if (refused) return refused;
  const { authorization, traceparent, gateway } = context;
  try {
    const { status, text } = await gateway.commands.send({
      method: 'POST',
      path: request.path,
      body: JSON.stringify(request.body),
      authorization,
      traceparent,
      idempotencyKey: request.idempotencyKey ?? randomUUID(),
    });
    if (status === 401) throw unauthenticatedError('the token is invalid or expired');
    if (status < 300) return request.answer.parse(JSON.parse(text));
    return asRefusal(status, parsed(text));
  } catch (error) {
    if (error instanceof CommandServiceError) return new Refusal('UnavailableError', error.code, error.message);
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
