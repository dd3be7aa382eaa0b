import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { ja } from '../../src/console/messages/ja';
import { freePorts } from '../../src/demo/free-ports';
import { startPrinter } from '../../src/demo/ippeveprinter';
import type { Program } from '../../src/demo/programs';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { startMfp, type RunningMfp } from '../../src/mfp/mfp';
import { HOLD_REASONS } from '../../src/protocol/maintenance';
import { findings } from '../support/browser/axe';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { look, picture, SIZES } from '../support/browser/pictures';
import { recordedJournal } from '../support/recorded-journal';
import { TestStage } from '../support/stage/test-stage';

const t = en.campaigns;
const UUID = /^[0-9a-f-]{36}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
/** Simulated MFPs, one of them without paper, and a printer that prints no test page. In the order of their waves. */
const [FIRST, REFUSING, LAST, EMPTY] = ['fleet-1', 'fleet-2', 'fleet-3', 'fleet-4'] as const;

let on: TestStage;
let browser: ConsoleBrowser;
let page: Page;
let server: Program;
let printers: readonly Program[] = [];
const mfps = new Map<string, RunningMfp>();

beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set({ moreDevices: [FIRST, REFUSING, LAST, EMPTY] });
  const { journal } = recordedJournal();
  for (const id of [FIRST, LAST, EMPTY]) mfps.set(id, await startMfp({ serialNumber: id, pageMs: 50 }, journal));
  mfps.get(EMPTY)!.machine.raise('paper-out');
  const [port] = (await freePorts(1)) as [number];
  const folder = join(on.folder, REFUSING);
  await mkdir(folder);
  ({ programs: printers } = await startPrinter({ port, name: 'Pictures', folder, formats: ['image/jpeg'] }));
  const portOf = (id: string): number | undefined => (id === REFUSING ? port : mfps.get(id)?.port);
  await on.stage.programs.agent.stop();
  const file = join(on.folder, 'agent.json');
  const read = JSON.parse(await readFile(file, 'utf8')) as { devices: { id: string }[] };
  const maintenance = { 'test-page': { do: 'allow', perHour: 100 } };
  const devices = read.devices.map((each) => {
    const own = portOf(each.id);
    return own === undefined ? each : { ...each, maintenance, model: '', ipp: `ipp://127.0.0.1:${own}/ipp/print` };
  });
  await writeFile(file, JSON.stringify({ ...read, devices }));
  await on.restart('agent');
  ({ server } = on.stage.programs);
  page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await on?.strike();
  for (const mfp of mfps.values()) await mfp.stop();
  for (const program of [...printers].reverse()) await program.stop();
});

const isIn = (state: keyof typeof t.states): Promise<void> =>
  page.locator('.page-head').getByText(t.states[state], { exact: true }).waitFor();
const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const rowOf = (id: string) => page.getByRole('table', { name: t.devices }).getByRole('row').filter({ hasText: id });
const listed = (name: string) => page.getByRole('table', { name: t.title }).getByRole('row').filter({ hasText: name });
/** With SIGKILL. */
async function killServer(whileItIsGone: () => void = () => undefined): Promise<void> {
  server.child.kill('SIGKILL');
  await server.exited;
  whileItIsGone();
  server = await on.restart('server');
}

/** Selects devices in the device list, and starts a campaign that prints test pages there. */
async function start(name: string, ids: readonly string[], waves: readonly number[] = []): Promise<void> {
  await page.goto(`${on.stage.serverUrl}/devices`);
  for (const id of ids) await page.getByLabel(en.fleet.selectNamed(id)).check();
  await page.getByRole('link', { name: t.new }).click();
  await page.getByText(t.create.selected(ids.length)).waitFor();
  await page.getByRole('combobox', { name: en.maintenance.operation }).click();
  await page.getByRole('option', { name: en.maintenance.operations['test-page'].name }).click();
  await page.getByLabel(t.create.name).fill(name);
  if (waves.length === 0) await press(t.create.removeWave('1'));
  for (const [index, size] of waves.entries()) {
    const number = String(index + 1);
    if (index > 0) {
      await press(t.create.addWave);
      await page.getByRole('combobox', { name: t.create.unit(number) }).click();
      await page.getByRole('option', { name: t.create.units.devices }).click();
    }
    await page.getByLabel(t.create.waveSize(number)).fill(String(size));
  }
  await page.getByLabel(t.create.least).fill('2');
  const rest = waves.reduce((left, size) => left - size, ids.length);
  for (const [index, size] of [...waves, rest].entries()) {
    const label = t.bar(t.wave(String(index + 1)), t.part(t.deviceStates.waiting, String(size)));
    await page.getByRole('img', { name: label, exact: true }).waitFor();
  }
  await press(t.create.submit);
  await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}$/);
  await page.getByRole('heading', { name }).waitFor();
}

/** The cells of a line of CSV; quotes around them stay. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g)].map((cell) => cell[1]!);

/** The downloaded results: the cells of each device. */
async function exported(): Promise<Record<string, string>[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: t.exportCsv }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^campaign-\d{4}-\d\d-\d\d\.csv$/);
  const text = await readFile(await download.path(), 'utf8');
  expect(text).toMatch(/^\ufeff.*\r\n$/s);
  const [head, ...rows] = text.slice(1, -2).split('\r\n');
  const names = cellsOf(head!);
  return rows.map((row) => Object.fromEntries(cellsOf(row).map((cell, index) => [names[index]!, cell])));
}

it('a canary comes first, the server is killed while its results are looked at, and a failure stops the next wave', async () => {
  await start('Canaries', [FIRST, REFUSING, LAST], [1, 1]);
  await page.getByText(t.reasons['first-wave']).waitFor();
  await isIn('paused');
  await rowOf(FIRST).getByText(t.deviceStates.succeeded).waitFor();
  for (const id of [REFUSING, LAST]) await rowOf(id).getByText(t.waits.paused).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: en.overview.title }).click();
  await listed('Canaries').getByText(t.states.paused).waitFor();
  await listed('Canaries').getByText(t.reasons['first-wave']).waitFor();
  await look(page, 'campaign-overview');
  await listed('Canaries').getByRole('link').click();
  await isIn('paused');

  await killServer();
  await press(t.resume);
  await rowOf(REFUSING).getByText(t.deviceStates.failed).waitFor();
  await rowOf(REFUSING).getByText(en.maintenance.failures['device-refused']).waitFor();
  await page.getByText(t.reasons.failures).waitFor();
  await page.getByText('Failed devices: 1 of 1.').waitFor();
  await isIn('paused');
  await look(page, 'campaign-stopped');
  const rows = await exported();
  expect(rows).toHaveLength(3);
  const over = {
    ...{ jobId: expect.stringMatching(UUID) as string, startedAt: expect.stringMatching(INSTANT) as string },
    endedAt: expect.stringMatching(INSTANT) as string,
  };
  expect(Object.fromEntries(rows.map(({ deviceId, ...cells }) => [deviceId!, cells]))).toMatchObject({
    [FIRST]: { wave: '1', state: 'succeeded', reason: '', ...over },
    [REFUSING]: {
      wave: '2',
      state: 'failed',
      reason: 'device-refused',
      detail: expect.stringContaining('application/pdf') as string,
      ...over,
    },
    [LAST]: { wave: '3', state: 'waiting', reason: 'paused', jobId: '', startedAt: '', endedAt: '' },
  });
  await press(t.resume);
  await isIn('completed');
}, 600_000);

it('what holds a device is shown, the server is killed meanwhile, and the open page shows the end', async () => {
  await start('Held', [LAST, EMPTY]);
  const held = async (): Promise<void> => {
    await rowOf(EMPTY).getByText(t.held).waitFor();
    await rowOf(EMPTY).getByText(HOLD_REASONS['no-media']).waitFor();
    await page.getByRole('region', { name: t.holds }).getByText(HOLD_REASONS['no-media']).waitFor();
  };
  await held();
  await rowOf(LAST).getByText(t.deviceStates.succeeded).waitFor();
  await press(t.pause);
  await isIn('paused');
  await rowOf(EMPTY).getByText(t.waits.paused).waitFor();
  await press(t.resume);
  await held();
  await look(page, 'campaign-held');
  await killServer(() => mfps.get(EMPTY)!.machine.clear('paper-out'));
  await rowOf(EMPTY).getByText(t.deviceStates.succeeded).waitFor();
  await isIn('completed');
}, 600_000);

it('a campaign that is aborted withdraws what has not started', async () => {
  mfps.get(EMPTY)!.machine.raise('paper-out');
  await start('Stopped', [EMPTY]);
  await rowOf(EMPTY).getByText(t.held).waitFor();
  await press(t.abort);
  await page.getByRole('dialog').getByRole('button', { name: t.abort }).click();
  await isIn('aborted');
  await rowOf(EMPTY).getByText(t.deviceStates.cancelled).waitFor();
  expect(await exported()).toMatchObject([{ deviceId: EMPTY, state: 'cancelled', reason: '' }]);
  await page.goto(`${on.stage.serverUrl}/campaigns`);
  await page.getByText(t.emptyOpen).waitFor();
  await page.getByText(t.over, { exact: true }).click();
  await listed('Stopped').getByText(t.states.aborted).waitFor();
  for (const name of ['Held', 'Canaries']) await listed(name).getByText(t.states.completed).waitFor();
}, 600_000);

it('a user who looks at something else is notified of the end, once', async () => {
  await start('Elsewhere', [FIRST, EMPTY]);
  await rowOf(EMPTY).getByText(t.held).waitFor();
  await rowOf(FIRST).getByText(t.deviceStates.succeeded).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: en.sessions.title }).click();
  await page.getByRole('heading', { name: en.sessions.title }).waitFor();
  mfps.get(EMPTY)!.machine.clear('paper-out');
  const cards = page.getByRole('region', { name: en.notices.new }).getByRole('article');
  await cards.filter({ hasText: t.stopped.completed('Elsewhere') }).waitFor();
  await cards.getByText(t.part(t.deviceStates.succeeded, '2')).waitFor();
  expect(await cards.count()).toBe(1);
  await look(page, 'campaign-ended');
  await page.getByRole('link', { name: t.stopped.show }).click();
  await isIn('completed');
  expect(await cards.count()).toBe(0);
}, 600_000);

it('a Japanese user follows campaigns on a phone', async () => {
  const phone = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin, {
    ...{ viewport: SIZES.phone, locale: 'ja-JP' },
  });
  const fits = async (name: string): Promise<void> => {
    await picture(phone, name, ['phone', 'light'], true);
    const width = await phone.evaluate('document.documentElement.scrollWidth');
    expect({ name, width }).toEqual({ name, width: SIZES.phone.width });
    expect({ name, findings: await findings(phone) }).toEqual({ name, findings: [] });
  };
  await phone.goto(`${on.stage.serverUrl}/campaigns?state=over`);
  await phone.getByRole('link', { name: 'Canaries' }).waitFor();
  await fits('campaigns-ja');
  await phone.getByRole('link', { name: 'Canaries' }).click();
  await phone.getByText(ja.maintenance.failures['device-refused']).waitFor();
  await fits('campaign-ja');
  await phone.goto(`${on.stage.serverUrl}/campaigns/new`);
  await phone.getByRole('combobox', { name: ja.maintenance.operation }).click();
  await phone.getByRole('option', { name: ja.maintenance.operations['test-page'].name }).click();
  await phone.getByRole('img', { name: ja.campaigns.wave('1') }).waitFor();
  await fits('campaign-new-ja');
}, 600_000);

it('the browser complains of nothing but the server that was killed', () => {
  const refused = /^WebSocket connection to .* failed: .*net::ERR_CONNECTION_(REFUSED|RESET)$/;
  expect(browser.complaints.filter((text) => !refused.test(text))).toEqual([]);
});
