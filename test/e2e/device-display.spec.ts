import type { Browser, Page } from 'playwright-core';
import { event } from '../../src/demo/scenario';
import { MFP_LIMITS } from '../../src/mfp/mfp-limits';
import { startChromium } from '../support/browser/chromium';
import { PanelDisplay } from '../support/device/panel-display';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

describe("a request answered on the device's own display", () => {
  let on: TestStage;
  let browser: Browser;
  let display: Page;
  const mistakes: string[] = [];
  beforeAll(async () => {
    [on, browser] = await Promise.all([TestStage.set(), startChromium()]);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, hasTouch: true });
    display = await context.newPage();
    display.setDefaultTimeout(90_000);
    display.on('pageerror', (error) => mistakes.push(error.message));
    display.on('console', (message) => void (message.type() === 'error' && mistakes.push(message.text())));
    await display.goto(on.stage.displayUrl);
    await display.waitForSelector('#panes .pane');
  });
  afterEach(async () => {
    await on.clear();
    expect(mistakes.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await on?.strike();
  });

  const target = (start: string): string => `#glass [data-target^="${start}"]`;
  const touch = (start: string) => display.tap(`${target(start)} >> nth=0`);
  const title = (text: string) => display.waitForSelector(`#top h1:has-text("${text}")`);
  const row = (text: string) => display.tap(`#glass .item:has-text("${text}") >> nth=0`);
  const picture = (name: string) =>
    process.env.PLATEN_TEST_PICTURES && display.screenshot({ path: `${process.env.PLATEN_TEST_PICTURES}/${name}.png` });
  /** A request of the technician, whose dialog takes answers. */
  const asked = async (application: string) => {
    const requested = await on.request('demo-mfp', application);
    await display.waitForSelector(target(`access-yes:${requested.id}`));
    const since = performance.now();
    await until('the end of the guard', () => performance.now() - since > MFP_LIMITS.ANSWER_AFTER_MS + 200);
    return requested;
  };
  const home = async () => {
    await touch('open:home');
    await title('Home');
  };

  it('connects after YES, shows the session, and ends it at the device', async () => {
    const { connect, id } = await asked('web');
    expect(await display.textContent('#dialog')).toMatch(/Tina Technician \(user tina\).*Web pages.*End-to-end test/);
    await picture('request');
    await touch('access-yes');
    const { url } = await event(connect, 'listening');
    expect((await fetch(String(url))).status).toBe(200);
    await display.waitForSelector('#live:has-text("Tina Technician: Web pages")');
    await picture('live');
    await touch('access-end');
    expect(await on.ended(id)).toMatchObject({ ending: 'ended-by-device', grant: 'operate' });
    await until('no bar', async () => (await display.textContent('#live')) === '');
  });

  it('ends the request after NO', async () => {
    const { id } = await asked('web');
    await touch('access-no');
    expect(await on.ended(id)).toMatchObject({ ending: 'declined' });
  });

  it('connects to view only; a technician sees and presses nothing that is of the owner', async () => {
    const { connect, id } = await asked('panel');
    await touch('access-view');
    const { url } = await event(connect, 'listening');
    expect(await on.session(id)).toMatchObject({ grant: 'view' });
    const viewer = await PanelDisplay.open(String(url));
    viewer.touch('access:conditions');
    await until('the refusal', () => viewer.refusals.length >= 1);
    connect.child.kill('SIGINT');
    await on.ended(id);

    const second = await asked('panel');
    await touch('access-yes');
    const operator = await PanelDisplay.open(String((await event(second.connect, 'listening')).url));
    // another request is on the display while the technician operates the same machine
    await touch('access:conditions');
    await title('Access conditions');
    for (const each of ['access:new', 'access:conditions', `access-end:${second.id}`]) operator.touch(each);
    await until('the refusals', () => operator.refusals.length >= 3);
    expect(new Set(operator.refusals)).toEqual(new Set(['own-display-only']));
    expect(JSON.stringify(operator.messages)).not.toMatch(/Access condition|Tina/);
    await title('Access conditions');
    await home();
  });

  it('lets someone in without YES under a condition set on the display, until it is revoked there', async () => {
    await touch('access:conditions');
    await touch('access:new');
    await row('Tina Technician');
    await picture('who');
    await touch('access-step:next');
    await row('Web pages');
    await touch('access-step:next');
    await title('3 of 6');
    await touch('access-step:next');
    await row('For a limited time');
    await picture('when');
    await touch('access-step:next');
    await touch('access-step:next');
    await title('6 of 6');
    await picture('check');
    await touch('access:set');
    await display.waitForSelector('.item:has-text("Tina Technician: sessions with Web pages")');
    await picture('conditions');

    const args = ['connect', 'demo-mfp', 'web', '--reason', 'Nightly check', '--json'];
    const connect = on.stage.platen('terminal', args);
    const { sessionId } = await event(connect, 'requested');
    const { url } = await event(connect, 'listening');
    expect((await fetch(String(url))).status).toBe(200);
    await display.waitForSelector('#live:has-text("Tina Technician: Web pages")');
    await row('Tina Technician: sessions');
    await display.waitForSelector(target('access-revoke'));
    await picture('condition');
    await touch('access-revoke');
    expect(await on.ended(sessionId)).toMatchObject({ ending: 'denied' });
    await connect.exited;
    await display.waitForSelector('#panes:has-text("Each access needs a YES here")');
    await home();
  });

  it('approves further requests for a while, if the person says so', async () => {
    const first = await asked('web');
    await touch('access-longer');
    await event(first.connect, 'listening');
    first.connect.child.kill('SIGINT');
    await on.ended(first.id);
    const second = on.stage.platen('terminal', ['connect', 'demo-mfp', 'web', '--reason', 'Again', '--json']);
    const { sessionId } = await event(second, 'requested');
    await event(second, 'listening');
    second.child.kill('SIGINT');
    await on.ended(sessionId);
  });

  it('shows what was denied', async () => {
    const connect = on.stage.platen('terminal', ['connect', 'demo-mfp', 'box', '--reason', 'Curiosity', '--json']);
    await connect.exited;
    await touch('access:conditions');
    await touch('access:denials');
    await display.waitForSelector('.item:has-text("Tina Technician: session box")');
    await picture('denials');
    await home();
  });

  it('says that remote access is not available while the agent is stopped', async () => {
    on.stage.programs.agent.child.kill('SIGKILL');
    await display.waitForSelector('.tile .note:has-text("not available")');
    await touch('access:conditions');
    await display.waitForSelector('#panes:has-text("Remote access is not available")');
    await picture('unavailable');
    await on.restart('agent');
    await title('Access conditions');
    await display.waitForSelector(target('access:new'));
    await home();
  });
});
