import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { freePortOffset, PlatformProcess } from './platform-process.js';
import type { Ready } from './ready-file.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

describe('GraphiQL in a browser', () => {
  let dataDir: string;
  let platform: PlatformProcess;
  let ready: Ready;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'graphiql-'));
    platform = new PlatformProcess(dataDir, await freePortOffset());
    ready = await platform.start();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(20_000);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const tabs = () => page.getByRole('tablist', { name: 'Select active operation' }).getByRole('tab').allInnerTexts();
  const answer = (text: RegExp) => page.locator('.graphiql-response').getByText(text).first().waitFor();

  const placeOrder = async () => {
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await answer(/PENDING|CONFIRMED/);
  };

  it('takes the token from its address, which no longer shows it, and places the order of its first example', async () => {
    await page.goto(`${ready.urls.gateway}/graphql#token=${ready.tokens.customer}`);
    expect(page.url()).not.toContain('token');
    await placeOrder();
    expect(await tabs()).toEqual(['PlaceOrder', 'FollowOrder', 'Products']);
  });

  it('has the same tabs and the token when the page is loaded again, and keeps the token nowhere but in its tab', async () => {
    await page.reload();
    await placeOrder();
    expect(await tabs()).toEqual(['PlaceOrder', 'FollowOrder', 'Products']);
    const kept = await page.context().storageState();
    expect(JSON.stringify(kept)).not.toContain(ready.tokens.customer);
  });

  it('asks whoever has no token for one', async () => {
    const other = await browser.newPage();
    await other.goto(`${ready.urls.gateway}/graphql`);
    await other.getByText('a bearer token is needed').first().waitFor();
    await other.close();
  });
});
