import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyError } from 'fastify';
import { Problem } from './problem.js';

const addresses: Readonly<Record<string, [number, string]>> = {
  FST_ERR_BAD_URL: [400, 'MALFORMED_URL'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'URL_TOO_LONG'],
};

/** What is wrong with an address that cannot be looked up, or is too long to be. */
export function addressProblem({ code, message, statusCode = 500 }: FastifyError): Problem {
  const [status, name] = addresses[code] ?? [statusCode, statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR'];
  return new Problem(status, name, message);
}

const unreadable: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'REQUEST_TIMED_OUT', 'the request did not come to its end in time'),
  HPE_HEADER_OVERFLOW: new Problem(431, 'HEADERS_TOO_LARGE', 'the headers of the request are too large'),
};
const notHttp = new Problem(400, 'MALFORMED_REQUEST', 'this is no HTTP request');

/** A whole answer, for a connection whose request no framework answers. */
export function writtenProblem(problem: Problem): string {
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Answers what could not even be read as a request, and ends its connection. */
export function refuseUnreadable(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(writtenProblem(unreadable[error.code] ?? notHttp));
  socket.destroy(error);
}

/** What HTTP itself asks of a request and this one lacks; by itself, Node would refuse it without a word. */
export function demandProblem({ httpVersion, headers: { host, expect } }: IncomingMessage): Problem | undefined {
  if (httpVersion !== '1.1') return undefined;
  if (host === undefined) return new Problem(400, 'MISSING_HOST', 'a request of HTTP/1.1 names its host');
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    return new Problem(417, 'EXPECTATION_FAILED', 'nothing but 100-continue can be expected here');
  return undefined;
}
