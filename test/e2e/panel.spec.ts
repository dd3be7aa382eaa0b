import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { PanelStage } from '../support/agent/panel-stage';
import { DEVICE_INFORMATION } from '../support/device/scripted-device';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const QUIET = ['quic', 'gpu', 'background-networking', 'component-update', 'sync'].map((what) => `--disable-${what}`);
const DISPLAY = { width: 800, height: 480 };
const TOUCH_PX = 56;

let browser: Browser;
let on: PanelStage;
let pages: Page[];
let faults: string[];

beforeAll(async () => {
  const args = ['--no-sandbox', '--no-first-run', ...QUIET];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
}, 60_000);
afterAll(() => browser?.close());
beforeEach(async () => {
  [pages, faults] = [[], []];
  on = await PanelStage.set();
});
afterEach(async () => {
  for (const page of pages) await page.context().close();
  await on.strike();
  expect(faults).toEqual([]);
});

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: DISPLAY, locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  pages.push(page);
  await page.goto(on.url);
  await page.getByText('No one has access').or(page.getByText('現在アクセス')).waitFor();
  return page;
}
const button = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) });
const waitFor = (page: Page, text: string) => page.getByText(text).first().waitFor();

/** Approved at the page and connected. */
async function connected(page: Page, applicationId = 'web', name = 'YES'): Promise<string> {
  const id = await on.ask({ applicationId });
  await button(page, name).click();
  await on.answered(name === 'YES' ? 'approved operate' : 'approved view');
  await on.connect(id, applicationId);
  await page.locator('.banner', { hasText: name === 'YES' ? 'has control' : 'is viewing' }).waitFor();
  return id;
}

/** What axe finds serious, as `rule: elements`. */
async function serious(page: Page): Promise<string[]> {
  // evaluated from outside the page, so its content security policy stands as it is
  const found =
    await page.evaluate(`${AXE}; axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) =>
    ({ id, impact, at: nodes.map(({ target }) => target.join(' ')).join(', ') })))`);
  return (found as { id: string; impact: string; at: string }[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, at }) => `${id}: ${at}`);
}

/** Nothing has to be scrolled to, and everything is large enough for a finger. */
async function fits(page: Page): Promise<void> {
  const overflow = await page.evaluate(`[document.documentElement, document.getElementById('main')]
    .filter((each) => each.scrollHeight > each.clientHeight).map((each) => each.tagName)`);
  expect(overflow).toEqual([]);
  for (const each of await page.getByRole('button').all()) {
    const box = await each.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(TOUCH_PX);
    expect(box!.y + box!.height).toBeLessThanOrEqual(DISPLAY.height);
  }
}

describe("the panel in the device's browser", () => {
  it('asks as Fig. 11 does; YES starts, End now ends, and the history keeps it', async () => {
    const page = await open();
    const id = await on.ask();
    const dialog = page.getByRole('alertdialog', { name: 'May Tina Technician use this device remotely?' });
    await dialog.waitFor();
    const text = await dialog.innerText();
    for (const part of ['Web pages', 'MFP in the hall – Reception', 'Streaks', 'up to 5 minutes', 'Time left'])
      expect(text).toContain(part);
    expect(text).toMatch(/\b(1:00|0:5\d)\b/);
    expect(await button(page, 'View only').count()).toBe(0);
    await fits(page);
    await button(page, 'YES').click();
    await on.answered('approved operate');
    await on.connect(id);
    await page.locator('.banner', { hasText: 'Tina Technician has control' }).waitFor();
    expect(await page.locator('.banner').innerText()).toMatch(/[45]:\d\d/);
    await fits(page);
    await button(page, 'End now').click();
    await waitFor(page, 'No one has access');
    expect(await page.locator('tbody tr').innerText()).toMatch(
      /Tina Technician[^]*Web pages[^]*Full control[^]*Ended here/,
    );
  });

  it('announces an update of the service, and that the session was interrupted for it', async () => {
    const page = await open();
    const id = await connected(page, 'web', 'YES');
    expect(await page.locator('.banner').innerText()).not.toContain('updated');
    on.drain();
    await page.locator('.banner', { hasText: 'is about to be updated' }).waitFor();
    await fits(page);
    await on.halt(id);
    await page.locator('tbody tr', { hasText: 'Interrupted for a service update' }).waitFor();
    await page.locator('#language').click();
    await page.locator('tbody tr', { hasText: 'サービス更新のため中断' }).waitFor();
  });

  it('NO starts nothing', async () => {
    const page = await open();
    await on.ask();
    await button(page, 'NO').click();
    await on.answered('declined');
    await waitFor(page, 'Declined');
    expect(on.answers).toEqual(['declined']);
  });

  it('offers View only where it can be granted, and says so while it lasts', async () => {
    const page = await open();
    await on.ask({ applicationId: 'screen', reason: 'Streifen '.repeat(55), userName: 'T'.repeat(40) });
    await button(page, 'View only').waitFor();
    await fits(page);
    await button(page, 'NO').click();
    await connected(page, 'screen', 'View only');
    expect(await page.locator('.banner').innerText()).toContain('is viewing');
    await button(page, 'End now').click();
    await page.locator('tbody tr', { hasText: 'View only' }).waitFor();
  });

  it('takes the screen away when time is over', async () => {
    const page = await open();
    await on.ask({ answerWithinSeconds: 1 });
    await page.getByRole('alertdialog').waitFor();
    await waitFor(page, 'Timed out');
    expect(await page.getByRole('alertdialog').count()).toBe(0);
    expect(on.answers).toEqual([]);
  });

  it('does not let a finger that is already there answer a request that appears', async () => {
    const page = await open();
    await on.ask();
    await page.getByRole('alertdialog').waitFor();
    expect(await button(page, 'YES').isDisabled()).toBe(true);
    await button(page, 'YES').click();
    await on.answered('approved operate');
  });

  it('shows one request after the other', async () => {
    const page = await open();
    await on.ask({ userName: 'First' });
    await page.getByRole('alertdialog', { name: 'First' }).waitFor();
    await on.ask({ userName: 'Second' });
    await waitFor(page, 'More requests waiting: 1');
    await button(page, 'NO').click();
    await page.getByRole('alertdialog', { name: 'Second' }).waitFor();
    await button(page, 'NO').click();
    await waitFor(page, 'No one has access');
    expect(on.answers).toEqual(['declined', 'declined']);
  });

  it('keeps two open pages in step', async () => {
    const [one, two] = [await open(), await open({ locale: 'ja-JP' })];
    await Promise.all([connected(one), two.getByRole('alertdialog').waitFor()]);
    await two.locator('.banner', { hasText: 'さんが操作しています' }).waitFor();
    expect(await two.getByRole('alertdialog').count()).toBe(0);
    await button(two, '今すぐ終了').click();
    await waitFor(one, 'Ended here');
    await waitFor(two, 'この画面で終了');
  });

  it('tells of maintenance at the device as long as there is some', async () => {
    const page = await open();
    const line = page.locator('#maintenance');
    on.device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    const jobId = await on.maintain('test-page');
    await line.getByText('MFP in the hall: Printing a test page – waiting for the device').waitFor();
    await on.cancel('test-page', jobId);
    await line.waitFor({ state: 'hidden' });

    let done = () => undefined as void;
    on.device.acts.identify = () => new Promise<void>((resolve) => (done = resolve));
    await on.maintain('identify');
    await line.getByText('MFP in the hall: Identifying the device …').waitFor();
    await button(page, '日本語').click();
    await line.getByText('MFP in the hall：機器の確認表示を実行しています').waitFor();
    expect(await serious(page)).toEqual([]);
    await fits(page);
    done();
    await line.waitFor({ state: 'hidden' });
  });

  it('is worked with the keyboard alone', async () => {
    const page = await open();
    const id = await on.ask({ applicationId: 'screen' });
    await button(page, 'YES').and(page.locator(':enabled')).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement.innerText.split("\\n")[0]');
    const order: string[] = [];
    for (let presses = 0; presses < 3; presses++) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['YES', 'View only', 'NO']); // the dialog itself had the focus
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await on.answered('approved view');
    await on.connect(id, 'screen');
    await page.locator('.banner', { hasText: 'is viewing' }).waitFor();
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe('End now');
    await page.keyboard.press('Space');
    await waitFor(page, 'No one has access');
  });

  it('changes its language, also in the middle of a question, and remembers it', async () => {
    const page = await open();
    await on.ask();
    await page.getByRole('alertdialog').waitFor();
    await button(page, '日本語').click();
    await button(page, 'はい').waitFor();
    await fits(page);
    expect(await page.evaluate('document.documentElement.lang')).toBe('ja');
    await page.reload();
    await button(page, 'いいえ').click();
    await on.answered('declined');
    await waitFor(page, '拒否しました');
  });

  it.each([
    ['light', 'en-GB'],
    ['dark', 'en-GB'],
    ['light', 'ja-JP'],
    ['dark', 'ja-JP'],
  ] as const)('has nothing serious for axe-core in %s, %s', async (colorScheme, locale) => {
    on.device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    await on.maintain('test-page');
    const page = await open({ colorScheme, locale });
    await page.locator('#maintenance').waitFor();
    const findings = [await serious(page)];
    const id = await on.ask({ applicationId: 'screen', reason: 'Streifen '.repeat(55) });
    await page.locator('.yes:enabled').waitFor();
    findings.push(await serious(page));
    await page.locator('.view').click();
    await on.answered('approved view');
    await on.connect(id, 'screen');
    await page.locator('.banner.viewing').waitFor();
    findings.push(await serious(page));
    await on.ask();
    await page.locator('.yes:enabled').waitFor();
    await fits(page);
    await page.locator('.no').click();
    await page.locator('.banner button').click();
    await page.locator('tbody tr').nth(1).waitFor();
    findings.push(await serious(page));
    expect(findings).toEqual([[], [], [], []]);
  });
});
