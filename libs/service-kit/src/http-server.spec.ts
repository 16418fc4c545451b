import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HttpServer, type HttpServerOptions, startHttpServer } from './http-server.js';
import { Identity } from './identity.js';
import { silentLogger } from './logging.js';
import { Metrics } from './metrics.js';
import { Problem } from './problem.js';
import { Readiness } from './readiness.js';

describe('the HTTP server', () => {
  let identity: Identity;
  let readiness: Readiness;
  let server: HttpServer;
  let token: string;
  let slow: { entered: Promise<void>; release: () => void };

  const options = (more: Partial<HttpServerOptions> = {}): HttpServerOptions => ({
    service: 'test',
    host: '127.0.0.1',
    port: 0,
    identity,
    logger: silentLogger(),
    metrics: new Metrics('test'),
    readiness,
    bodyLimit: 1_000,
    routes: (app) => {
      let enter = (): void => undefined;
      let release = (): void => undefined;
      const entered = new Promise<void>((resolve) => (enter = resolve));
      const released = new Promise<void>((resolve) => (release = resolve));
      slow = { entered, release: () => release() };
      app.get('/me', (request) => request.caller);
      app.get('/of/:name', ({ params }) => params);
      app.post('/echo', (request) => request.body);
      app.get('/refuse', () => {
        throw new Problem(409, 'PRICE_CHANGED', 'the price is another now', { actual: 5 });
      });
      app.get('/crash', () => {
        throw new Error('secret of the database');
      });
      app.get('/crash-of-driver', () => {
        // as drivers of databases do
        throw Object.assign(new Error('secret of the database'), { code: 11_601 });
      });
      app.get('/crash-of-parse', () => JSON.parse('{"torn') as unknown);
      app.get('/slow', async () => {
        enter();
        await released;
        return { done: true };
      });
    },
    ...more,
  });

  beforeEach(async () => {
    identity = await Identity.ephemeral();
    readiness = new Readiness();
    token = await identity.issue({ subject: 'alice', role: 'customer' });
    server = await startHttpServer(options());
  });
  afterEach(() => server.stop());

  const call = async (path: string, init: RequestInit = {}, bearer: string | null = token) => {
    const headers = { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...(init.headers as object) };
    const response = await fetch(server.url + path, { ...init, headers });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      type,
      body: type.includes('json') ? (JSON.parse(text) as unknown) : text,
      response,
    };
  };
  const problem = async (path: string, init?: RequestInit, bearer?: string | null) => {
    const { status, type, body } = await call(path, init, bearer);
    expect(type).toContain('application/problem+json');
    const { code, detail } = body as { code: string; detail: string };
    expect(body).toMatchObject({ status, type: expect.stringContaining('urn:order-flow:problem:') });
    return [status, code, detail];
  };

  it('names the variable when it cannot listen at that address', async () => {
    // One that resolves to nothing, and one that belongs to documentation alone.
    for (const host of ['999.1.1.1', '192.0.2.1'])
      await expect(startHttpServer(options({ host }))).rejects.toThrow(
        `BIND_ADDRESS="${host}" is no address of this machine; allowed: an IP address or host name to listen on`,
      );
  });

  it('answers health and metrics to anyone', async () => {
    expect(await call('/health/live', {}, null)).toMatchObject({
      status: 200,
      body: { status: 'up', service: 'test' },
    });
    expect((await call('/health/ready', {}, null)).status).toBe(200);
    readiness.down('bridge', 'connection refused');
    expect(await call('/health/ready', {}, null)).toMatchObject({
      status: 503,
      body: { status: 'down', parts: { bridge: 'down: connection refused' } },
    });
    expect((await call('/health/live', {}, null)).status).toBe(200);
    const { body } = await call('/metrics', {}, null);
    const counted = String(body)
      .match(/^http_request_duration_seconds_count.*$/gm)
      ?.join('\n');
    expect(counted).toMatch(/route="\/health\/ready",status="503"/);
  });

  it('needs a token for everything else', async () => {
    expect(await call('/me')).toMatchObject({ status: 200, body: { subject: 'alice', role: 'customer' } });
    expect((await problem('/me', {}, null)).slice(0, 2)).toEqual([401, 'UNAUTHENTICATED']);
    expect((await problem('/me', {}, 'a.b.c')).slice(0, 2)).toEqual([401, 'UNAUTHENTICATED']);
    expect((await problem('/nothing', {}, null)).slice(0, 1)).not.toEqual([200]);
  });

  it('answers errors as problems, and keeps what is inside to itself', async () => {
    const { status, body } = await call('/refuse');
    expect([status, body]).toEqual([
      409,
      {
        type: 'urn:order-flow:problem:price-changed',
        title: 'price changed',
        status: 409,
        code: 'PRICE_CHANGED',
        detail: 'the price is another now',
        actual: 5,
      },
    ]);
    expect(await problem('/crash')).toEqual([500, 'INTERNAL_ERROR', expect.not.stringContaining('secret')]);
    expect(await problem('/crash-of-parse')).toEqual([500, 'INTERNAL_ERROR', expect.any(String)]);
    expect(await problem('/crash-of-driver')).toEqual([500, 'INTERNAL_ERROR', expect.not.stringContaining('secret')]);
    expect(await problem('/nothing?x=1')).toEqual([404, 'NOT_FOUND', 'GET /nothing does not exist']);
  });

  it.each([
    ['POST', '/health/live', 'GET, HEAD'],
    ['DELETE', '/of/tea?x=1', 'GET, HEAD'],
    ['GET', '/echo', 'POST'],
    ['PATCH', '/metrics', 'GET, HEAD'],
  ])('answers %s %s with the methods that are there', async (method, path, allowed) => {
    const { status, type, body, response } = await call(
      path,
      { method, ...(method !== 'GET' && { body: '<a/>' }) },
      null,
    );
    expect([status, response.headers.get('allow')]).toEqual([405, allowed]);
    expect(type).toContain('application/problem+json');
    const detail = `${path.split('?')[0]} has no ${method}, but ${allowed}`;
    expect(body).toMatchObject({ code: 'METHOD_NOT_ALLOWED', detail });
  });

  it('does not take the answer to any preflight for something that is there', async () => {
    const open = await startHttpServer(
      options({ routes: (app) => void app.options('/*', { config: { public: true } }, () => '') }),
    );
    try {
      const { status, headers } = await fetch(`${open.url}/nothing`, { headers: { authorization: `Bearer ${token}` } });
      expect([status, headers.get('allow')]).toEqual([404, null]);
    } finally {
      await open.stop();
    }
  });

  it('serves a request of HTTP/1.0, which names no host, and one that awaits leave to send its body', async () => {
    expect(await exchange('GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
    const content =
      'content-type: application/json\r\ncontent-length: 7\r\nexpect: 100-continue\r\nconnection: close\r\n';
    const answers = await exchange(request('/echo', content).replace('GET', 'POST'), '{"a":1}');
    expect(answers).toMatch(/^HTTP\/1.1 100 Continue[^]*HTTP\/1.1 200 [^]*\{"a":1\}$/);
  });

  it('refuses bodies that are too large, not JSON or of another kind', async () => {
    const post = (body: string, type = 'application/json') =>
      problem('/echo', { method: 'POST', body, headers: { 'content-type': type } });
    expect(await post(JSON.stringify('x'.repeat(2_000)))).toEqual([
      413,
      'BODY_TOO_LARGE',
      'the body has more than 1000 bytes',
    ]);
    expect((await post('{"a":')).slice(0, 2)).toEqual([400, 'MALFORMED_JSON']);
    expect((await post('')).slice(0, 2)).toEqual([400, 'MALFORMED_JSON']);
    for (const type of ['application/xml', 'text/plain'])
      expect(await post('{}', type)).toEqual([
        415,
        'UNSUPPORTED_MEDIA_TYPE',
        expect.stringContaining('application/json'),
      ]);
    const fine = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } };
    expect(await call('/echo', fine)).toMatchObject({ status: 200, body: { a: 1 } });
  });

  /** Over a connection of its own, byte for byte. @returns all that came until it ended */
  const exchange = (...requests: string[]): Promise<string> => {
    const socket = connect(server.port, '127.0.0.1');
    for (const request of requests) socket.write(request);
    return text(socket);
  };
  const request = (path: string, more = ''): string =>
    `GET ${path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer ${token}\r\n${more}\r\n`;

  it.each([
    ['an address that is not well-formed', () => request('/me%E0%A4%A', 'connection: close\r\n'), 400, 'MALFORMED_URL'],
    [
      'a name that is too long',
      () => request(`/of/${'x'.repeat(1_001)}`, 'connection: close\r\n'),
      414,
      'URL_TOO_LONG',
    ],
    ['headers that are too large', () => request('/me', `x: ${'x'.repeat(20_000)}\r\n`), 431, 'HEADERS_TOO_LARGE'],
    [
      'a request that names no host',
      () => 'GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n',
      400,
      'MISSING_HOST',
    ],
    [
      'the expectation of what is not known here',
      () => request('/me', 'expect: a miracle\r\nconnection: close\r\n'),
      417,
      'EXPECTATION_FAILED',
    ],
    ['what is no HTTP', () => 'HELO test\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  ])('answers %s with a problem, too', async (_what, sent, status, code) => {
    const [head = '', body = ''] = (await exchange(sent())).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  it.each([
    ['a question', 'GET', '/me', '', '{"subject":"alice","role":"customer"}'],
    ['a command with its body', 'POST', '/echo', '{"a":1}', '{"a":1}'],
  ])('answers as ever %s that offers another protocol', async (_what, method, path, body, expected) => {
    const socket = connect(server.port, '127.0.0.1');
    const answers = text(socket);
    const offer = 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n';
    const content = body && `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
    socket.write(request(path, offer + content).replace('GET', method) + body);
    await once(socket, 'data', { signal: AbortSignal.timeout(5_000) });
    socket.write(request('/me', 'connection: close\r\n'));
    const [, first] = (await answers).split('HTTP/1.1 ');
    expect(first).toMatch(/^200 /);
    expect(first).toContain(expected);
  });

  it('says that it is stopping to whoever asks on a connection that is open still', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const answers = text(socket);
    socket.write(request('/slow'));
    await slow.entered;
    const stopped = server.stop();
    socket.write(request('/me'), () => slow.release());
    await once(socket, 'close');
    await stopped;
    const [, first, second] = (await answers).split('HTTP/1.1 ');
    expect(first).toMatch(/^200 [^]*"done":true/);
    expect(second).toMatch(/^503 [^]*application\/problem\+json[^]*"code":"STOPPING"/);
  });

  it('sets the headers that browsers heed', async () => {
    const { response } = await call('/me');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
  });

  it('names the port that is in use', async () => {
    const second = startHttpServer(options({ port: server.port }));
    await expect(second).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`port ${server.port} on 127.0.0.1 is in use: test cannot listen`),
    });
  });

  it('lets a request under way finish before it stops', async () => {
    const answer = call('/slow');
    await slow.entered;
    const stopped = server.stop();
    slow.release();
    expect((await answer).body).toEqual({ done: true });
    await stopped;
  });
});
