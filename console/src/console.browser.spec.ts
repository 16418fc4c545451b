import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startSystem } from './testing/running-system.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const PRODUCT = 'Espresso Roma, 250 g';

describe('the console in a browser', () => {
  let system: Awaited<ReturnType<typeof startSystem>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    system = await startSystem();
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-background-networking'],
    });
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await system.remove();
  });

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  const open = async (role: 'operator' | 'customer', path = '') => {
    await page.goto(`${system.ready.urls.console}/#token=${system.ready.tokens[role]}`);
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
    if (path) await page.goto(`${system.ready.urls.console}/${path}`);
  };
  const shown = (text: string) => page.getByText(text, { exact: true }).first().waitFor();
  const add = (name: string) => page.getByRole('button', { name: `Add ${name}`, exact: true }).click();

  /** Orders in the shop, and waits until the order has ended so. */
  const placeOrder = async (status: string) => {
    await add(PRODUCT);
    await page.getByRole('button', { name: 'Place order' }).click();
    const progress = page.getByRole('region', { name: 'Your last order' });
    await progress.getByText(status, { exact: true }).waitFor();
    return progress;
  };

  /** Orders without the page, and answers the order's id. */
  const orderBehindThePage = async (): Promise<string> => {
    const { urls, tokens, sample } = system.ready;
    const query = `mutation { placeOrder(input: {items: [{sku: "${sample.sku}", quantity: 1}]}) { ... on Order { id } } }`;
    const response = await fetch(`${urls.gateway}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.customer}` },
      body: JSON.stringify({ query }),
    });
    return ((await response.json()) as { data: { placeOrder: { id: string } } }).data.placeOrder.id;
  };

  it('takes the token out of the address', async () => {
    await open('operator');
    expect(page.url()).not.toContain('token');
    await page.reload();
    await page.getByRole('heading', { name: 'Topics', exact: true }).waitFor();
  });

  it('names each view in the title of the window and in a heading', async () => {
    await open('operator');
    const views = [
      ['#/', 'Topics · Order flow', 'Topics'],
      ['#/orders', 'Orders · Order flow', 'Orders'],
      ['#/topics/order.events', 'order.events · Topics · Order flow', 'order.events'],
      ['#/nowhere', 'Nothing here · Order flow', 'Nothing here'],
    ] as const;
    for (const [address, title, name] of views) {
      await page.goto(`${system.ready.urls.console}/${address}`);
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await expect(page.title()).resolves.toBe(title);
    }
  });

  it('signs out, and in again by the form', async () => {
    await open('operator');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').fill(system.ready.tokens.customer);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Shop', exact: true }).waitFor();
    expect(await page.getByRole('link', { name: 'Topics' }).count()).toBe(0);
  });

  it('follows an order to its confirmation, and tells its story', async () => {
    await open('operator', '#/shop');
    const progress = await placeOrder('CONFIRMED');
    await progress.getByRole('link', { name: 'Timeline' }).click();
    const records = page.getByRole('list', { name: 'Records' });
    await records.getByText('OrderConfirmed', { exact: true }).waitFor();
    const types = await records.locator('summary .entry-title strong').allTextContents();
    expect(types[0]).toBe('OrderCreated');
    expect(types).toEqual(expect.arrayContaining(['InventoryReserved', 'PaymentCaptured', 'ConfirmOrder']));
    expect(types.indexOf('PaymentCaptured')).toBeGreaterThan(types.indexOf('InventoryReserved'));
    await records.getByText('PaymentCaptured', { exact: true }).first().click();
    await records.locator('details[open]').getByText('"amount"').first().waitFor();
  });

  it('says why an order fails', async () => {
    await open('operator', '#/shop');
    await page.getByLabel('Customer').fill('tessa');
    await add(PRODUCT);
    await page
      .getByRole('group', { name: `Quantity of ${PRODUCT}` })
      .first()
      .getByRole('spinbutton')
      .fill('50');
    await page.getByRole('button', { name: 'Place order' }).click();
    await shown('FAILED');
    await shown('Insufficient funds');
  });

  it('lets a customer order, and see the story of their order', async () => {
    await open('customer');
    const progress = await placeOrder('CONFIRMED');
    await progress.getByRole('link', { name: 'Timeline' }).click();
    await shown('OrderConfirmed');
  });

  it('browses messages by key, to the detail and back', async () => {
    const id = await orderBehindThePage();
    await open('operator', '#/topics/order.events');
    await page.getByLabel('Key (order id)').fill(id);
    await page.getByRole('button', { name: 'Find key' }).click();
    await page.getByRole('heading', { name: `Messages with key ${id}` }).waitFor();
    const rows = page.locator('.messages tbody tr');
    await rows.filter({ hasText: 'OrderCreated' }).first().waitFor();
    expect(new Set(await rows.locator('.key-cell').allTextContents())).toEqual(new Set([id]));
    await rows.filter({ hasText: 'OrderCreated' }).getByRole('button').press('Enter');
    const detail = page.getByRole('dialog');
    await detail.getByText('"OrderCreated"').waitFor();
    expect(page.url()).toContain('message=');
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'hidden' });
    expect(await page.evaluate<string>('document.activeElement.getAttribute("aria-label")')).toMatch(/^Open message/);
  });

  it('tells apart what looks the same: no key and an empty one, no value, an empty one and bytes', async () => {
    const rows = [
      { key: null, value: { format: 'base64', text: '//4=', bytes: 2, truncated: false }, says: 'shown as base64' },
      { key: '', value: { format: 'text', text: '', bytes: 0, truncated: false }, says: 'no byte in it' },
      { key: 'k', value: { format: 'none', bytes: 0, truncated: false }, says: 'A tombstone' },
    ];
    const place = { topic: 'order.events', partition: 0, timestamp: 0, headers: {} };
    const messages = rows.map(({ key, value }, offset) => ({ ...place, offset, key, value }));
    await page.route('**/api/topics/order.events/messages?*', (route) => {
      const offset = new URL(route.request().url()).searchParams.get('offset');
      const wanted = messages.filter((message) => offset === null || message.offset === Number(offset));
      return route.fulfill({ json: { messages: wanted, scanned: wanted.length, before: null, nextOffset: null } });
    });
    await open('operator', '#/topics/order.events');
    await shown('0:2');
    expect(await page.locator('.messages .key-cell').allTextContents()).toEqual(['no key', 'empty key', 'k']);
    expect(await page.locator('.messages .preview').allTextContents()).toEqual(['base64 //4=', 'empty', 'tombstone']);
    for (const [offset, { says }] of rows.entries()) {
      await page.getByRole('button', { name: `Open message 0:${offset}`, exact: true }).click();
      const detail = page.getByRole('dialog');
      await detail.getByText(says).waitFor();
      expect(await detail.getByRole('link', { name: 'All with this key' }).count()).toBe(offset === 2 ? 1 : 0);
      await page.keyboard.press('Escape');
    }
  });

  it('shows the value below a very long key without scrolling', async () => {
    const message = {
      topic: 'order.events',
      partition: 0,
      offset: 0,
      timestamp: 0,
      headers: { long: 'h'.repeat(50_000) },
    };
    const value = { format: 'json', json: 'the value', bytes: 11, truncated: false };
    const messages = [{ ...message, key: 'k'.repeat(900_000), value }];
    await page.route('**/api/topics/order.events/messages?*', (route) =>
      route.fulfill({ json: { messages, scanned: 1, before: null, nextOffset: null } }),
    );
    await open('operator', '#/topics/order.events?message=0:0');
    const detail = page.getByRole('dialog');
    await detail.getByText('"the value"').waitFor();
    const { y = NaN } = (await detail.getByText('"the value"').boundingBox()) ?? {};
    expect(y).toBeLessThan(900);
    expect(await page.evaluate<number>('document.querySelector("dialog").scrollHeight')).toBeLessThan(1_000);
  });

  it('does not say that commands are kept, nor that there were none when they are gone', async () => {
    const none = { messages: [], scanned: 0, before: null, nextOffset: null };
    await page.route('**/api/topics/order.commands/messages?*', (route) => route.fulfill({ json: none }));
    await open('operator');
    await shown('what the saga asks of orders; deleted once it is done');
    await page.getByRole('link', { name: 'order.commands' }).click();
    await shown('Nothing was written here yet, or it was deleted since.');
    expect(await page.locator('.page-head').textContent()).toContain('delete, no age limit');
  });

  it('says that it could not copy where the browser has no clipboard', async () => {
    const id = await orderBehindThePage();
    await page.addInitScript('Object.defineProperty(navigator, "clipboard", { value: undefined })');
    await open('operator', `#/orders/${id}`);
    await page.getByRole('button', { name: 'Copy id' }).click();
    await page.getByRole('button', { name: 'Not allowed' }).waitFor();
  });

  it('goes to an offset of a partition', async () => {
    await open('operator', '#/topics/catalog.events');
    await page.getByRole('combobox', { name: 'Partition' }).selectOption('2');
    await page.getByLabel('Offset', { exact: true }).fill('1');
    await page.getByRole('button', { name: 'Go to offset' }).click();
    await page.getByRole('heading', { name: 'Partition 2 from offset 1 on, oldest first' }).waitFor();
    await page.getByRole('button', { name: 'Open message 2:1', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Open message 2:0', exact: true }).count()).toBe(0);
  });

  it('shows messages as they come, and holds them while paused', async () => {
    await open('operator', '#/topics/order.events');
    await page.getByRole('button', { name: 'Live tail' }).click();
    await shown('Live');
    const first = await orderBehindThePage();
    const rows = page.locator('.messages tbody tr');
    await rows.filter({ hasText: first }).filter({ hasText: 'OrderConfirmed' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const second = await orderBehindThePage();
    await page.getByText('3 waiting').waitFor();
    expect(await rows.filter({ hasText: second }).count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await rows.filter({ hasText: second }).first().waitFor();
    await page.getByText('0 dropped').waitFor();
  });

  it('shows in the live tail also what came while it was cut off', async () => {
    const tail = '**/api/topics/order.events/tail?*';
    const beginning = Array.from({ length: 6 }, (_, partition) => `${partition}:0`).join('.');
    const asked: (string | undefined)[] = [];
    await page.route(tail, (route) => {
      asked.push(route.request().headers()['last-event-id']);
      if (asked.length > 1) return route.continue();
      return route.fulfill({ contentType: 'text/event-stream', body: `id: ${beginning}\n\n` });
    });
    const id = await orderBehindThePage();
    await open('operator', '#/topics/order.events?live=1');
    await page.locator('.messages tbody tr').filter({ hasText: id }).filter({ hasText: 'OrderConfirmed' }).waitFor();
    await page.unroute(tail);
    expect(asked).toEqual([undefined, beginning]);
  });

  it('says that a live tail that was refused has ended', async () => {
    await page.route('**/api/topics/order.events/tail?*', (route) =>
      route.fulfill({ status: 403, json: { code: 'FORBIDDEN', detail: 'not for you' } }),
    );
    await open('operator', '#/topics/order.events?live=1');
    await page.getByText('Ended').waitFor();
    await shown('not for you');
    complaints = complaints.filter((text) => !text.includes('403'));
  });

  it('shows a message that has a type and no data, whole', async () => {
    const value = { format: 'json', json: { type: 'Heartbeat' }, bytes: 20, truncated: false };
    const messages = [{ topic: 'order.events', partition: 0, offset: 0, timestamp: 0, key: 'k', headers: {}, value }];
    await page.route('**/api/topics/order.events/messages?*', (route) =>
      route.fulfill({ json: { messages, scanned: 1, before: null, nextOffset: null } }),
    );
    await open('operator', '#/topics/order.events');
    await shown('{"type":"Heartbeat"}');
  });

  it('fits a narrow screen, light and dark', async () => {
    const id = await orderBehindThePage();
    await page.setViewportSize({ width: 400, height: 860 });
    const views = {
      '#/shop': PRODUCT,
      '#/orders': id,
      [`#/orders/${id}`]: 'OrderCreated',
      '#/topics': 'payment.events',
      '#/topics/order.events': 'OrderCreated',
      '#/topics/order.events?live=1': 'Live',
    };
    await open('operator');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [view, text] of Object.entries(views)) {
        await page.goto(`${system.ready.urls.console}/${view}`);
        await shown(text);
        const { wide, ground } = await page.evaluate<{ wide: number; ground: string }>(
          '({ wide: document.documentElement.scrollWidth, ground: getComputedStyle(document.body).backgroundColor })',
        );
        expect({ view, wide }).toEqual({ view, wide: 400 });
        const [red = 0] = ground.match(/\d+/g)?.map(Number) ?? [];
        expect(red < 128).toBe(colorScheme === 'dark');
      }
    }
  });

  it('stops cleanly while a page is open', async () => {
    await open('operator', '#/topics/order.events?live=1');
    await shown('Live');
    const { exitCode, output } = await system.stop();
    expect(exitCode).toBe(0);
    expect(output).toContain('Stopped.');
    expect(output).not.toContain('did not stop');
    await page.getByText('Reconnecting').waitFor();
    complaints = complaints.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|net::ERR/.test(text));
  });
});
