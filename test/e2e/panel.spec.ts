import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { COMPANY, PanelStage } from '../support/agent/panel-stage';
import { findings as serious } from '../support/browser/axe';
import { startChromium } from '../support/browser/chromium';
import { DEVICE_INFORMATION } from '../support/device/scripted-device';
import { until } from '../support/until';

const DISPLAY = { width: 800, height: 480 };
const TOUCH_PX = 56;

let browser: Browser;
let on: PanelStage;
let pages: Page[];
let faults: string[];

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  [pages, faults] = [[], []];
  on = await PanelStage.set();
});
afterEach(async () => {
  for (const page of pages) await page.context().close();
  await on?.strike();
  expect(faults).toEqual([]);
});

/** @param prepare runs before the page is loaded */
async function open(options: BrowserContextOptions = {}, prepare?: (page: Page) => Promise<void>): Promise<Page> {
  const context = await browser.newContext({ viewport: DISPLAY, locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  pages.push(page);
  await prepare?.(page);
  await page.goto(on.url);
  await page.getByText('No one has access').or(page.getByText('現在アクセス')).waitFor();
  return page;
}
const button = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) });
const waitFor = (page: Page, text: string) => page.getByText(text).first().waitFor();

/** A session that is approved at the page and connected. */
async function connected(page: Page, applicationId = 'web', name = 'YES'): Promise<string> {
  const id = await on.ask({ applicationId });
  await button(page, name).click();
  await on.answered(name === 'YES' ? 'approved operate' : 'approved view');
  await on.connect(id, applicationId);
  await page.locator('.banner', { hasText: name === 'YES' ? 'has control' : 'is viewing' }).waitFor();
  return id;
}

/** Checks that nothing needs scrolling, and that every button is large enough for a finger. */
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

it('names the company that the agent was enrolled by, with its logo', async () => {
  const page = await open();
  await waitFor(page, COMPANY.name);
  const width = await page.evaluate(`document.querySelector('#company img').naturalWidth`);
  expect(width).toBe(48);
  await on.ask({ applicationId: 'web' });
  await button(page, 'YES').waitFor();
  expect(await page.getByText(COMPANY.name).isVisible()).toBe(true);
});

describe("the approval screen in the device's browser", () => {
  it('asks as in Fig. 11; YES starts, End now ends, and the history has the session', async () => {
    const page = await open();
    const id = await on.ask();
    const dialog = page.getByRole('alertdialog', { name: 'May Tina Technician use this device remotely?' });
    await dialog.waitFor();
    const text = await dialog.innerText();
    for (const part of ['Web pages', 'MFP in the hall – Reception', 'Streaks', 'up to 5 minutes', 'Time left'])
      expect(text).toContain(part);
    expect(text).toMatch(/\b(10:00|\d:[0-5]\d)\b/);
    expect(await button(page, 'View only').count()).toBe(0);
    await fits(page);
    await button(page, 'YES').click();
    await on.answered('approved operate');
    await on.connect(id);
    await page.locator('.banner', { hasText: 'Tina Technician has control' }).waitFor();
    expect(await page.locator('.banner').innerText()).toMatch(/[0-5]:[0-5]\d/);
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

  it('offers View only where it can be granted, and shows it while the session lasts', async () => {
    const page = await open();
    await on.ask({
      applicationId: 'screen',
      reason: 'Streifen '.repeat(55),
      asker: { kind: 'user', id: 'tina', name: 'T'.repeat(40) },
    });
    await button(page, 'View only').waitFor();
    await fits(page);
    await button(page, 'NO').click();
    await connected(page, 'screen', 'View only');
    expect(await page.locator('.banner').innerText()).toContain('is viewing');
    await button(page, 'End now').click();
    await page.locator('tbody tr', { hasText: 'View only' }).waitFor();
  });

  it('removes a request when its time has passed', async () => {
    const page = await open();
    await page.evaluate(`new MutationObserver(() => {
      window.appeared ||= document.querySelector('[role=alertdialog]') !== null;
    }).observe(document.body, { childList: true, subtree: true })`);
    await on.ask({ answerWithinSeconds: 1 });
    await waitFor(page, 'Timed out');
    expect(await page.evaluate('window.appeared')).toBe(true);
    expect(await page.getByRole('alertdialog').count()).toBe(0);
    expect(on.answers).toEqual([]);
  });

  it('does not let a finger that is already there answer a request that appears', async () => {
    const page = await open({}, (each) => each.clock.install({ time: 0 }));
    await page.clock.pauseAt(3_600_000);
    await on.ask();
    await page.getByRole('alertdialog').waitFor();
    await page.clock.runFor(599);
    expect(await button(page, 'YES').isDisabled()).toBe(true);
    await page.clock.runFor(1);
    await button(page, 'YES').click();
    await on.answered('approved operate');
  });

  it('shows one request after the other', async () => {
    const page = await open();
    await on.ask({ asker: { kind: 'user', id: 'tina', name: 'First' } });
    await page.getByRole('alertdialog', { name: 'First' }).waitFor();
    await on.ask({ asker: { kind: 'user', id: 'tina', name: 'Second' } });
    await waitFor(page, 'More requests waiting: 1');
    await button(page, 'NO').click();
    await page.getByRole('alertdialog', { name: 'Second' }).waitFor();
    await button(page, 'NO').click();
    await waitFor(page, 'No one has access');
    await until('both answers', () => on.answers.length > 1);
    expect(on.answers).toEqual(['declined', 'declined']);
  });

  it('shows the same on two open pages', async () => {
    const [one, two] = [await open(), await open({ locale: 'ja-JP' })];
    await Promise.all([connected(one), two.getByRole('alertdialog').waitFor()]);
    await two.locator('.banner', { hasText: 'さんが操作しています' }).waitFor();
    expect(await two.getByRole('alertdialog').count()).toBe(0);
    await button(two, '今すぐ終了').click();
    await waitFor(one, 'Ended here');
    await waitFor(two, 'この画面で終了');
  });

  it('ends the session whose button is being pressed while another session ends', async () => {
    const page = await open();
    await connected(page);
    const other = await connected(page, 'screen', 'View only');
    await page.locator('.banner', { hasText: 'has control' }).getByRole('button').hover();
    await page.mouse.down();
    await on.halt(other);
    await page.locator('.banner', { hasText: 'is viewing' }).waitFor({ state: 'detached' });
    await page.mouse.up();
    await waitFor(page, 'No one has access');
  });

  it.each(['YES', 'NO'])('asks before a restart, and answers with %s', async (name) => {
    const page = await open();
    await on.maintain('restart');
    const dialog = page.getByRole('alertdialog', { name: 'May the service do this: Restarting the device?' });
    await dialog.waitFor();
    const text = await dialog.innerText();
    for (const part of ['MFP in the hall – Reception', 'Tina', 'Time left']) expect(text).toContain(part);
    await fits(page);
    expect(on.device.did).not.toContain('restart');
    await button(page, name).click();
    await dialog.waitFor({ state: 'detached' });
    if (name === 'YES') await page.locator('#maintenance').getByText('Restarting the device …').waitFor();
    else await page.locator('#maintenance').waitFor({ state: 'hidden' });
    if (name === 'YES') await until('the restart', () => on.device.did.includes('restart'));
    else expect(on.device.did).not.toContain('restart');
  });

  it('shows maintenance of the device as long as it lasts', async () => {
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
    await button(page, 'YES').click();
    await line.getByText('MFP in the hall: Identifying the device …').waitFor();
    await button(page, '日本語').click();
    await line.getByText('MFP in the hall：機器の識別を実行しています').waitFor();
    expect(await serious(page)).toEqual([]);
    await fits(page);
    done();
    await line.waitFor({ state: 'hidden' });
  });

  it('is operated with the keyboard alone', async () => {
    const page = await open();
    const id = await on.ask({ applicationId: 'screen' });
    await button(page, 'YES').and(page.locator(':enabled')).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement.innerText.split("\\n")[0]');
    const order: string[] = [];
    for (let presses = 0; presses < 4; presses++) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['YES', 'For 30 min', 'View only', 'NO']); // the dialog had the focus before
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

  it('changes its language, also while a request is shown, and keeps it', async () => {
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
  ] as const)('has no serious finding of axe-core in %s, %s', async (colorScheme, locale) => {
    on.device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    await on.maintain('test-page');
    const page = await open({ colorScheme, locale });
    await page.locator('#maintenance').waitFor();
    const found = [await serious(page)];
    const id = await on.ask({ applicationId: 'screen', reason: 'Streifen '.repeat(55) });
    await page.locator('.yes:not(.also):enabled').waitFor();
    found.push(await serious(page));
    await page.locator('.view').click();
    await on.answered('approved view');
    await on.connect(id, 'screen');
    await page.locator('.banner.viewing').waitFor();
    found.push(await serious(page));
    await on.ask();
    await page.locator('.yes:not(.also):enabled').waitFor();
    await fits(page);
    await page.locator('.no').click();
    await page.locator('.banner button').click();
    await page.locator('tbody tr').nth(1).waitFor();
    found.push(await serious(page));
    expect(found).toEqual([[], [], [], []]);
  });
});
