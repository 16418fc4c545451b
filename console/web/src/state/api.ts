import { dropToken, token } from './token.js';

/** An answer that is not the wanted one, or none at all. */
export class RequestFailed extends Error {
  constructor(
    /** 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'RequestFailed';
  }
}

async function problemOf(response: Response): Promise<RequestFailed> {
  const fallback = new RequestFailed(response.status, 'FAILED', `the server answered ${response.status}`);
  try {
    const body = (await response.json()) as { code?: string; detail?: string };
    return new RequestFailed(response.status, body.code ?? fallback.code, body.detail ?? fallback.message);
  } catch {
    return fallback;
  }
}

/** Sends a request with the token. A refused token signs out. @throws RequestFailed */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const used = token.value;
  const headers = new Headers(init.headers);
  if (used) headers.set('authorization', `Bearer ${used}`);
  const response = await fetch(path, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new RequestFailed(0, 'UNREACHABLE', 'The console’s server does not answer. Is it still running?');
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && token.value === used) dropToken('The token was refused: it is invalid or has expired.');
  throw problem;
}

/** @throws RequestFailed */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal ? { signal } : {});
  return (await response.json()) as T;
}
