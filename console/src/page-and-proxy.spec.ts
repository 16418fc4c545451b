import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { consoleFixture } from './testing/console-fixture.js';
import { defaultWebRoot } from './web-root.js';

describe('the console', () => {
  let fixture: Awaited<ReturnType<typeof consoleFixture>>;
  beforeEach(async () => {
    fixture = await consoleFixture();
  });
  afterEach(() => fixture.stop());

  it('serves the page to everybody, under a policy that allows nothing inline', async () => {
    const page = await fetch(`${fixture.url}/`);
    expect(await page.text()).toContain('<title>console</title>');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const asset = await fetch(`${fixture.url}/assets/page-abc.js`);
    expect(asset.status).toBe(200);
    expect(asset.headers.get('cache-control')).toContain('immutable');
  });

  it.each(['/private.txt', '/assets/../private.txt', '/assets/%2e%2e/private.txt', '/assets/none.js'])(
    'does not serve %s',
    async (path) => {
      const response = await fetch(`${fixture.url}${path}`, { headers: fixture.operator });
      expect(response.status).toBeGreaterThanOrEqual(400);
    },
  );

  it('says who the caller is', async () => {
    const customer = await fixture.headersFor('customer', 'ada');
    expect((await fixture.get('/api/me', customer)).body).toEqual({ subject: 'ada', role: 'customer' });
    expect(await fixture.get('/api/me', {})).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it('is ready while the log answers', async () => {
    const becomes = async (status: number) => {
      const end = performance.now() + 10_000;
      let found = await fixture.get('/health/ready');
      while (found.status !== status && performance.now() < end) found = await fixture.get('/health/ready');
      return found;
    };
    expect(await becomes(200)).toMatchObject({ status: 200 });
    jest.spyOn(fixture.log.admin, 'partitions').mockRejectedValue(new Error('Kafka cannot be reached'));
    expect(JSON.stringify(await becomes(503))).toContain('"event log":"down: Kafka cannot be reached"');
  });

  it('finds the built page from its own source', () => expect(defaultWebRoot()).toMatch(/[\\/]dist[\\/]console$/));
});

describe('the way to the gateway', () => {
  let fixture: Awaited<ReturnType<typeof consoleFixture>>;
  let gateway: Server;
  let hung: Promise<void>;
  beforeEach(async () => {
    fixture = await consoleFixture();
    let leave: () => void;
    hung = new Promise((resolve) => (leave = resolve));
    gateway = createServer((request, response) => {
      if (request.headers.accept === 'text/event-stream') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: next\ndata: {"data":1}\n\n');
        response.on('close', () => leave());
        return;
      }
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { method, url, headers } = request;
        response.writeHead(207, { 'content-type': 'application/json', 'set-cookie': 'a=b' });
        response.end(
          JSON.stringify({ method, url, body, authorization: headers.authorization, cookie: headers.cookie }),
        );
      });
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const { port } = gateway.address() as AddressInfo;
    fixture.gateways.push({
      service: 'graphql-gateway',
      id: 'one',
      url: `http://127.0.0.1:${port}`,
      status: 'UP',
      registeredAt: 0,
      lastHeartbeatAt: 0,
    });
  });
  afterEach(async () => {
    await fixture.stop();
    gateway.closeAllConnections();
    await new Promise((resolve) => gateway.close(resolve));
  });

  it('passes a request on with the caller’s own token, and nothing else of theirs', async () => {
    const response = await fetch(`${fixture.url}/graphql?operation=a`, {
      method: 'POST',
      headers: { ...fixture.operator, 'content-type': 'application/json', cookie: 'secret=1' },
      body: '{"query":"{me}"}',
    });
    expect(response.status).toBe(207);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await response.json()).toEqual({
      method: 'POST',
      url: '/graphql?operation=a',
      body: '{"query":"{me}"}',
      authorization: fixture.operator.authorization,
    });
  });

  it('passes events on as they come, and leaves when the caller leaves', async () => {
    const leaving = new AbortController();
    const headers = { ...fixture.operator, accept: 'text/event-stream' };
    const response = await fetch(`${fixture.url}/graphql`, { headers, signal: leaving.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    expect(Buffer.from(value ?? []).toString()).toContain('data: {"data":1}');
    leaving.abort();
    await hung;
  });

  it('needs a token', async () => {
    expect(await fixture.get('/graphql?query={me}', {})).toMatchObject({ status: 401 });
  });

  it('says so when there is no gateway, or it does not answer', async () => {
    const [instance] = fixture.gateways.splice(0, 1);
    expect(await fixture.get('/graphql')).toMatchObject({ status: 503, body: { code: 'GATEWAY_UNAVAILABLE' } });
    fixture.gateways.push({ ...instance!, url: 'http://127.0.0.1:1' });
    expect(await fixture.get('/graphql')).toMatchObject({ status: 502, body: { code: 'GATEWAY_UNREACHABLE' } });
  });
});
