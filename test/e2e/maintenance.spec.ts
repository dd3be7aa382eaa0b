import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { request } from '../../src/demo/api-request';
import type { Program } from '../../src/demo/programs';
import { finished, releaseKeyIn, SAMPLE_USERS } from '../../src/demo/stage';
import { FIRMWARE } from '../../src/mfp/machine/identity';
import { acquiredInformation, device, page as pageOf } from '../../src/protocol/api';
import { job, type Job } from '../../src/protocol/maintenance';
import { findings } from '../support/browser/axe';
import { ConsoleBrowser, logIn } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const NEWER = '2.15.000';

let on: TestStage;
beforeAll(async () => {
  on = await TestStage.set();
});
afterAll(() => on?.strike());

const maintain = (operation: string, ...more: string[]): Program =>
  on.stage.platen('terminal', ['maintain', 'demo-mfp', operation, '--json', ...more]);
/** What `platen maintain --json` has printed so far: the job after each change. */
const printedJobs = (terminal: Program): Job[] =>
  terminal.printed.map((line) => job.parse((JSON.parse(line) as { job: unknown }).job));
const outcome = async (terminal: Program): Promise<Job> => printedJobs(await finished(terminal)).at(-1)!;
const value = ({ result }: Job, name: string) => result.find((line) => line.name === name)?.value;

const inTheList = async () =>
  pageOf(device)
    .parse(await on.get('/api/devices'))
    .rows.find(({ id }) => id === 'demo-mfp')!;

describe('maintenance without a session', () => {
  it('reads the counters, and shows them to the user', async () => {
    const done = await outcome(maintain('counters'));
    expect(done).toMatchObject({ state: 'succeeded', failure: null, user: { username: 'tina' } });
    expect(value(done, 'impressions')).toBe(String(await on.pagesPrinted()));
  });

  it('asks a real printer as well', async () => {
    const terminal = on.stage.platen('terminal', ['maintain', 'ippeveprinter', 'information', '--json']);
    expect(value(await outcome(terminal), 'state')).toBe('idle');
  });

  it('holds a test page back while paper is jammed, says why, and prints it once the jam is cleared', async () => {
    await on.atThePrinter('paper-jam', 'occurrence');
    const before = await on.pagesPrinted();
    const terminal = maintain('test-page', '--wait', '60');
    const held = await until('it to be held', () => printedJobs(terminal).find(({ state }) => state === 'held'));
    expect(held).toMatchObject({ hold: 'stopped', detail: expect.stringContaining('Paper jam') as string });
    await until('the list to show it', async () => (await inTheList()).condition?.severity === 'error');
    await on.atThePrinter('paper-jam', 'clearance');
    expect(await outcome(terminal)).toMatchObject({ state: 'succeeded' });
    await until('the page to be printed', async () => (await on.pagesPrinted()) === before + 1);
  });

  it('cancels what has not begun', async () => {
    await on.atThePrinter('cover-open', 'occurrence');
    const terminal = maintain('test-page', '--wait', '60');
    const held = await until('it to be held', () => printedJobs(terminal).find(({ state }) => state === 'held'));
    await finished(on.stage.platen('terminal', ['job', 'cancel', held.id]));
    await terminal.exited;
    expect(printedJobs(terminal).at(-1)).toMatchObject({ state: 'cancelled' });
    await on.atThePrinter('cover-open', 'clearance');
  });

  it('installs firmware: uploaded, fetched by the agent, sent, restarted, compared', async () => {
    const asAdmin = await on.asAdmin();
    const file = join(on.folder, 'newer.bin');
    await finished(on.stage.platen('mfp-firmware', ['mfp', 'firmware', NEWER, file, '--bytes', '3000000']));
    expect((await stat(file)).size).toBeGreaterThan(3_000_000);
    const signed = join(on.folder, 'newer.signed');
    const key = releaseKeyIn(on.stage.folder);
    const sign = ['firmware', 'sign', file, '--firmware-version', NEWER, '--key', key, '--out', signed];
    await finished(on.stage.platen('sign', sign));
    await finished(asAdmin('firmware', 'upload', signed));
    const done = await outcome(maintain('firmware-install', '--firmware', NEWER));
    expect(done).toMatchObject({ state: 'succeeded', firmware: { name: 'newer.bin', version: NEWER } });
    expect([value(done, 'version-before'), value(done, 'version-after')]).toEqual([FIRMWARE, NEWER]);
    await until('the new version to be known', async () => {
      const { information } = acquiredInformation.parse(await on.get('/api/devices/demo-mfp/information'));
      return information?.firmwareVersion === NEWER;
    });
  });

  it('is refused before anything is asked where it cannot be', async () => {
    const { username, password } = SAMPLE_USERS.technician;
    const { serverUrl } = on.stage;
    const { cookie = '' } = await request(serverUrl, 'POST', '/api/auth/login', { username, password });
    const ask = async (id: string, body: object): Promise<unknown> => {
      const headers = { cookie, origin: serverUrl, 'content-type': 'application/json' };
      const asked = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await fetch(`${serverUrl}/api/devices/${id}/jobs`, asked)).json();
    };
    expect(await ask('nowhere', { operation: 'counters' })).toMatchObject({ code: 'unknown-device' });
    expect(await ask('ippeveprinter', { operation: 'firmware-install' })).toMatchObject({
      code: 'operation-unsupported',
    });
    expect(await ask('demo-mfp', { operation: 'explode' })).toMatchObject({ code: 'invalid-request' });
  });
});

describe('the same in the browser', () => {
  let browser: ConsoleBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await ConsoleBrowser.launch();
    page = await browser.window();
    await logIn(page, on.stage.serverUrl, SAMPLE_USERS.technician);
  });
  afterAll(() => browser?.close());

  it('shows a jam in the list as it happens, a page held back because of it, and its result, without reload', async () => {
    await page.goto(`${on.stage.serverUrl}/devices/demo-mfp`);
    await page.getByRole('heading', { name: 'Demo MFP' }).waitFor();
    await page.getByRole('combobox', { name: 'If the device is busy' }).click();
    await page.getByRole('option', { name: 'Wait up to an hour' }).click();
    await on.atThePrinter('paper-jam', 'occurrence');
    await page.getByRole('button', { name: 'Start: Test page' }).click();
    await page.getByText('The device has stopped. See its alerts.').first().waitFor();
    await page.getByText('Paper jam').first().waitFor();
    await on.atThePrinter('paper-jam', 'clearance');
    await page.getByText('The device has stopped. See its alerts.').first().waitFor({ state: 'hidden' });
    await page.getByRole('cell', { name: 'Test page' }).first().waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Devices' }).first().click();
    await page.getByRole('link', { name: 'Demo MFP' }).waitFor();
  });
});
