import { GraphQLError } from 'graphql';

/** An error that the caller sees, with a stable code. */
const coded = (code: string, message: string, extensions: Readonly<Record<string, unknown>> = {}): GraphQLError =>
  new GraphQLError(message, { extensions: { ...extensions, code } });

export const forbiddenError = (message: string): GraphQLError => coded('FORBIDDEN', message);
export const serviceUnavailable = (message: string): GraphQLError => coded('SERVICE_UNAVAILABLE', message);
export const unauthenticatedError = (message: string): GraphQLError => coded('UNAUTHENTICATED', message);
export const invalidArgument = (message: string): GraphQLError => coded('BAD_USER_INPUT', message);
export const limitExceeded = (code: string, message: string): GraphQLError =>
  coded(code, message, { http: { status: 400 } });
export const liveError = (
  code: 'SUBSCRIBER_TOO_SLOW' | 'TOO_MANY_SUBSCRIPTIONS' | 'TOKEN_EXPIRED',
  message: string,
  extensions?: Readonly<Record<string, unknown>>,
): GraphQLError => coded(code, message, extensions);

/** @param reached the version that the read model has; 0 when it does not know the order yet */
export const readModelBehind = (wanted: number, reached: number): GraphQLError =>
  coded('READ_MODEL_BEHIND', `the read model has version ${reached}, not yet ${wanted}`, { reached });

/** Told with SERVICE_UNAVAILABLE. */
export const READ_STORE_AWAY = 'the read models cannot be reached now; try again later';
