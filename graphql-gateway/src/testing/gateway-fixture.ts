import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CustomerView, OrderView, ProductView, ReadModelDocument } from '@order-flow/contracts';
import { inProcessSignalBus, type ServiceDirectory, type ServiceInstance } from '@order-flow/coordination';
import { openEmbeddedReadStore } from '@order-flow/read-store';
import { type Caller, Identity, silentLogger } from '@order-flow/service-kit';
import type { GatewayOptions } from '../options.js';
import { startGateway } from '../start-gateway.js';
import { startStubCommandService } from './stub-command-service.js';

/** A directory whose instances a test changes. */
export function fixedDirectory(urls: readonly string[]) {
  const listeners = new Set<() => void>();
  const instanceOf = (url: string, index: number): ServiceInstance => ({
    service: 'command-service',
    id: `command-service-${index}`,
    url,
    status: 'UP',
    registeredAt: 0,
    lastHeartbeatAt: 0,
  });
  let instances = urls.map(instanceOf);
  const directory: ServiceDirectory & { replace: (urls: readonly string[]) => void } = {
    register: () => Promise.reject(new TypeError('not in this directory')),
    instances: () => instances,
    all: () => instances,
    version: 0,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace: (next) => {
      instances = next.map(instanceOf);
      for (const listener of listeners) listener();
    },
  };
  return directory;
}

export interface GraphqlAnswer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors: { readonly message: string; readonly extensions: Record<string, unknown> }[] | undefined;
}

/** A gateway on an embedded read store in a directory of its own, a stub of the command service, and ways to ask both. */
export async function startFixture(options: Partial<GatewayOptions> = {}) {
  const path = await mkdtemp(join(tmpdir(), 'gateway-'));
  const identity = await Identity.ephemeral();
  const readStore = await openEmbeddedReadStore({ path });
  const signals = inProcessSignalBus();
  const commands = await startStubCommandService(identity);
  const directory = fixedDirectory([commands.url]);
  const settings = { readStore, signals, directory, identity, logger: silentLogger(), host: '127.0.0.1', port: 0 };
  const running = await startGateway({ rateLimitPerMinute: 1_000_000, ...settings, ...options });
  const { url } = running.server;

  const write = async <T extends ReadModelDocument>(model: string, document: T): Promise<void> => {
    await readStore.collection<T>(model).replaceOne({ _id: document._id } as never, document, { upsert: true });
  };
  const change = async <T extends ReadModelDocument & { version: number }>(
    model: string,
    document: T,
  ): Promise<void> => {
    await write(model, document);
    signals.publish(model, [{ id: document._id, version: document.version, revision: document.revision }]);
  };
  const tokenOf = (caller: Caller): Promise<string> => identity.issue(caller);
  const post = (token: string | undefined, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const ask = async <Data = Record<string, unknown>>(
    token: string | undefined,
    query: string,
    variables: object = {},
  ): Promise<GraphqlAnswer<Data>> => {
    const response = await post(token, { query, variables });
    const { data, errors } = (await response.json()) as GraphqlAnswer<Data>;
    return { status: response.status, data, errors };
  };
  const stop = async (): Promise<void> => {
    await running.stop();
    await commands.stop();
    await readStore.close();
    await rm(path, { recursive: true });
  };
  return { url, identity, readStore, signals, commands, directory, running, write, change, tokenOf, post, ask, stop };
}
export type Fixture = Awaited<ReturnType<typeof startFixture>>;

export const alice: Caller = { subject: 'alice', role: 'customer' };
export const bob: Caller = { subject: 'bob', role: 'customer' };
export const operator: Caller = { subject: 'olga', role: 'operator' };

export const orderView = (id: string, changes: Partial<OrderView> = {}): OrderView => ({
  _id: id,
  revision: 1,
  applied: {},
  customerId: alice.subject,
  status: 'PENDING',
  version: 1,
  lines: [{ sku: 'TEA', name: 'Tea', quantity: 2, unitPrice: { amount: 450, currency: 'EUR' } }],
  total: { amount: 900, currency: 'EUR' },
  reason: null,
  detail: null,
  placedAt: '2026-01-01T10:00:00.000Z',
  updatedAt: new Date().toISOString(),
  reservation: null,
  payment: null,
  history: [{ status: 'PENDING', version: 1, at: '2026-01-01T10:00:00.000Z' }],
  ...changes,
});

export const productView = (sku: string, changes: Partial<ProductView> = {}): ProductView => ({
  _id: sku,
  revision: 1,
  applied: {},
  name: `Product ${sku}`,
  description: '',
  category: 'tea',
  price: { amount: 450, currency: 'EUR' },
  discontinued: false,
  version: 1,
  onHand: 10,
  reserved: 0,
  available: 10,
  ...changes,
});

export const customerView = (id: string, changes: Partial<CustomerView> = {}): CustomerView => ({
  _id: id,
  revision: 1,
  applied: {},
  name: 'Alice',
  email: null,
  frozen: false,
  version: 2,
  balances: { EUR: 5_000_000_000 },
  orders: { placed: 1, confirmed: 0, failed: 0, cancelled: 0 },
  ...changes,
});

/** @throws Error when the condition does not hold within five seconds */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error('the condition did not come to hold within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
