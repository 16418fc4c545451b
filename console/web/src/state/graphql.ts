import { request, RequestFailed } from './api.js';
import { serverEvents } from './server-events.js';

interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

function dataOf<T>({ data, errors }: Answer<T>): T {
  const [error] = errors ?? [];
  if (error) throw new RequestFailed(200, error.extensions?.code ?? 'FAILED', error.message);
  if (!data) throw new RequestFailed(200, 'FAILED', 'the gateway answered without data');
  return data;
}

const post = (accept: string, query: string, variables: object, signal?: AbortSignal): Promise<Response> =>
  request('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query, variables }),
    ...(signal ? { signal } : {}),
  });

/** Runs a query or a mutation. @throws RequestFailed */
export async function graphql<T>(query: string, variables: object, signal?: AbortSignal): Promise<T> {
  const response = await post('application/json', query, variables, signal);
  return dataOf((await response.json()) as Answer<T>);
}

/** The values of a subscription until it ends. @throws RequestFailed */
export async function* subscribe<T>(
  query: string,
  variables: object,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const response = await post('text/event-stream', query, variables, signal);
  for await (const { event, data } of serverEvents(response)) {
    if (event === 'complete') return;
    if (event === 'next') yield dataOf(JSON.parse(data) as Answer<T>);
  }
}
