import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { freePorts } from '../../src/demo/free-ports';
import { startMfp, type RunningMfp } from '../../src/mfp/mfp';
import { recordedJournal } from '../support/recorded-journal';
import { startChromium } from '../support/browser/chromium';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const FITTING = { width: 1280, height: 800 };
let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

/** A display in a window of its own; errors that the browser reports are added to `mistakes`. */
async function open(url: string, mistakes: string[], viewport = FITTING): Promise<Page> {
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(90_000);
  await page.clock.install({ time: 0 });
  page.on('pageerror', (error) => mistakes.push(error.message));
  page.on('console', (message) => void (message.type() === 'error' && mistakes.push(message.text())));
  await page.goto(url);
  await page.waitForSelector('#panes .pane');
  return page;
}
/** Stops the page's timers, so that what it shows for a moment only stays. */
const freeze = (page: Page) => page.clock.pauseAt(3_600_000);
const on = (target: string): string => `#glass [data-target="${target}"]`;
const title = (page: Page, text: string) => page.waitForSelector(`#top h1:text-is("${text}")`);
const hint = (page: Page, text: string) => page.waitForSelector(`#others:has-text("${text}")`);

describe("the simulated MFP's display in a real browser", () => {
  let mfp: RunningMfp;
  const mistakes: string[] = [];
  beforeAll(async () => {
    mfp = await startMfp({ displayPort: 0, panelPort: 0, viewPort: 0, pageMs: 20 }, recordedJournal().journal);
  });
  beforeEach(() => mfp.panel.panel.input(0, { type: 'touch', target: 'open:home' }));
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    mfp.machine.clear('paper-jam');
    expect(mistakes.splice(0)).toEqual([]);
  });
  afterAll(() => mfp.stop());
  const device = () => open(mfp.displayUrl!, mistakes);
  const remote = () => open(mfp.panelUrl!, mistakes);

  it('is operated on one page and shown on the other, with the touch and who operates', async () => {
    const [here, there] = [await device(), await remote()];
    await freeze(here);
    await hint(here, 'A remote technician is viewing');
    await there.click(on('open:copy'));
    await title(here, 'Copy');
    await hint(here, 'A remote technician has control');
    await here.waitForSelector('#ring.on', { state: 'attached' });
    expect(await there.$('#ring.on')).toBeNull();
    await there.click('#keys [data-key="2"]');
    await here.waitForSelector('.value output:text-is("2")');
    await hint(there, 'The person at the device is viewing');
    const jobs = mfp.machine.memory.jobs.length;
    await here.click('#keys [data-key="start"]');
    await there.waitForSelector('.message:has-text("2 copies are being printed.")');
    await until('the copies', () => mfp.machine.memory.jobs.length === jobs + 1 && mfp.machine.status.state === 'idle');
  });

  it('is operated without a pointer', async () => {
    const [page, other] = [await device(), await remote()];
    await page.focus(on('open:fax'));
    await page.keyboard.press('Enter');
    await title(other, 'Fax');
    for (const digit of '0305') await page.keyboard.press(digit);
    await other.waitForSelector('.value output:text-is("0305")');
    await page.focus(on('digit:7'));
    await page.keyboard.press('Space');
    await other.waitForSelector('.value output:text-is("03057")');
    // the pane has been replaced; the focus has stayed
    expect(await page.evaluate('document.activeElement.dataset.target')).toBe('digit:7');
    await page.keyboard.press('Backspace');
    await other.waitForSelector('.value output:text-is("\u2013")');
  });

  it('shows a fault on every page, with the focus on its remedy', async () => {
    const [here, there] = [await device(), await remote()];
    mfp.machine.raise('paper-jam');
    for (const page of [here, there]) await page.waitForSelector('[role=alertdialog] >> text=Paper jam');
    expect(await here.evaluate('document.activeElement.dataset.target')).toBe('dialog:resolve');
    await here.keyboard.press('Enter');
    await there.waitForSelector('#dialog', { state: 'hidden' });
    expect(mfp.machine.memory.faults).toEqual([]);
  });

  it('sleeps and wakes on both', async () => {
    const [here, there] = [await device(), await remote()];
    await here.click('[data-key=sleep]');
    await there.click('#asleep');
    await here.waitForSelector('#asleep', { state: 'hidden' });
  });

  it('shows the same at the view port, and refuses touches visibly', async () => {
    const [here, viewer] = [await device(), await open(mfp.viewUrl!, mistakes)];
    await here.click(on('open:jobs'));
    await title(viewer, 'Job list');
    await freeze(viewer);
    await viewer.click(on('open:home'));
    await viewer.waitForSelector('#refused.on:has-text("View only")');
    expect(mfp.panel.panel.state.screen).toBe('jobs');
    expect(await viewer.screenshot()).not.toHaveLength(0);
  });

  it('reconnects when the device is back', async () => {
    const [panelPort] = await freePorts(1);
    const own = await startMfp({ panelPort }, recordedJournal().journal);
    const page = await open(own.panelUrl!, []);
    await own.stop();
    await page.waitForSelector('#lost:has-text("lost")');
    const back = await startMfp({ panelPort }, recordedJournal().journal);
    try {
      await page.waitForSelector('#lost', { state: 'hidden' });
    } finally {
      await back.stop();
    }
  });

  it.each([
    [{ width: 800, height: 480 }, 'on the panel itself'],
    [FITTING, 'in a window'],
    [{ width: 390, height: 800 }, 'on a telephone'],
  ])('fits %j, %s, and is accessible on every screen', async (viewport) => {
    const page = await open(mfp.panelUrl!, mistakes, viewport);
    for (const screen of ['copy', 'scan', 'fax', 'addresses', 'status', 'settings', 'jobs', 'home']) {
      mfp.panel.panel.input(0, { type: 'touch', target: `open:${screen}` });
      await page.waitForSelector(`#glass[data-screen=${screen}]`);
      const outside = await page.evaluate(`[...document.querySelectorAll('#glass button, #glass output, #glass dd')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0)
        .filter((one) => { const box = one.getBoundingClientRect(); const pane = one.closest('.pane, #top, #bar, #glass').getBoundingClientRect();
          return box.right > pane.right + 1 || box.bottom > pane.bottom + 1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1; })
        .map((one) => one.textContent)`);
      expect([screen, outside]).toEqual([screen, []]);
      // evaluated from outside the page, where its content security policy does not apply
      await page.evaluate(AXE);
      const found = await page.evaluate(
        `axe.run({ rules: { region: { enabled: false } } }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
      );
      expect([screen, found]).toEqual([screen, []]);
    }
  });
});

describe('the remote panel', () => {
  let stage: TestStage;
  beforeAll(async () => {
    stage = await TestStage.set();
  });
  afterAll(() => stage?.strike());

  it('shows and operates the display of the device through the relay', async () => {
    const mistakes: string[] = [];
    const { url } = await stage.connect('demo-mfp', 'panel');
    const here = await open(stage.stage.displayUrl, mistakes);
    const there = await open(url, mistakes);
    await there.click(on('open:addresses'));
    await title(here, 'Address book');
    await hint(here, 'A remote technician has control');
    await here.click(on('open:home'));
    await title(there, 'Home');
    await hint(there, 'The person at the device has control');
    expect(mistakes).toEqual([]);
    await there.close();
    await here.waitForSelector('#others', { state: 'attached' });
    await until('that the technician has left', async () => (await here.textContent('#others')) === '');
    await here.close();
    await stage.clear();
  });
});
