import { readFile } from 'node:fs/promises';
import { en } from '../../src/console/messages/en';
import type { Job } from '../../src/protocol/maintenance';
import { sampleDevice, sampleFirmware, sampleJob, sampleUser } from '../support/samples/api-samples';
import { CONSOLE_URL, ConsoleWithoutServer, refuse } from '../support/browser/console-without-server';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { SAMPLE_JOBS, withSampleMaintenance } from '../support/samples/maintenance-samples';
import { until } from '../support/until';

const t = en.maintenance;
const AT_DEVICE = /\/api\/devices\/copy-room\/jobs$/;
const start = (operation: keyof typeof t.operations): string => t.runNamed(t.operations[operation].name);
const open: Job = { ...sampleJob, state: 'executing', result: [], endedAt: null, percent: 20, activity: 'reading' };

describe('maintenance in the console, without a server', () => {
  let browser: ConsoleBrowser;
  let alone: ConsoleWithoutServer;
  let page: ConsoleWithoutServer['page'];
  beforeAll(async () => (browser = await ConsoleBrowser.launch()));
  beforeEach(async () => {
    page = await browser.window();
    alone = await ConsoleWithoutServer.open(page, sampleUser);
    await withSampleMaintenance(page);
  });
  afterEach(() => browser.clear());
  afterAll(() => browser?.close());

  const visit = (path: string) => page.goto(`${CONSOLE_URL}${path}`);
  /** Answers the request for a job. @returns what the console asks for */
  const answerJob = async (answer: Job): Promise<unknown[]> => {
    const asked: unknown[] = [];
    await page.route(AT_DEVICE, (route) => {
      asked.push(route.request().postDataJSON());
      return route.fulfill({ status: 201, json: answer });
    });
    return asked;
  };

  it('a job is requested and followed live, and its user is notified of its end on every screen', async () => {
    const asked = await answerJob(open);
    await visit('/devices/copy-room');
    await page.getByRole('combobox', { name: t.wait }).click();
    await page.getByRole('option', { name: t.waits[60] }).click();
    await page.getByRole('button', { name: start('counters') }).click();
    await until('the job is asked for', () => asked.length > 0);
    expect(asked).toEqual([{ operation: 'counters', waitMinutes: 60 }]);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText(en.sessions.emptyLive).waitFor();
    await alone.happens({ type: 'job', job: sampleJob });
    const card = page.getByRole('article');
    await card.getByText('Copy room: Read counters – done').waitFor();
    await page.route(new RegExp(`/api/jobs/${sampleJob.id}$`), (route) => route.fulfill({ json: sampleJob }));
    await card.getByRole('link', { name: t.ended.show }).click();
    await page.getByRole('row', { name: 'Impressions 128,456' }).waitFor();
    expect(await card.count()).toBe(0);
  });

  it('a technician reads logs: by level and text, as they are, and as a file', async () => {
    const hostile = '<img src=x onerror="document.title=1"> no control channel';
    const result: Job['result'] = [
      { name: '001.device.error', value: 'media-jam: Tray 2' },
      { name: '002.agent.warn', value: `2030-01-07T09:00:00Z ${hostile}` },
      { name: '003.agent.info', value: '2030-01-07T08:59:00Z agent online' },
      { name: '004.log.cut', value: 'Older lines are left out.' },
    ];
    const done: Job = { ...sampleJob, operation: 'logs-read', result };
    await page.route(new RegExp(`/api/jobs/${sampleJob.id}$`), (route) => route.fulfill({ json: done }));
    await visit(`/jobs/${sampleJob.id}`);
    const rows = page.getByRole('table', { name: t.operations['logs-read'].name }).getByRole('row');
    await page.getByText(hostile).waitFor();
    expect(await rows.count()).toBe(4);
    await page.getByLabel(t.log.level).selectOption('warn');
    await page.getByText('agent online').waitFor({ state: 'detached' });
    await page.getByLabel(t.log.contains).fill('CONTROL');
    await page.getByText('media-jam').waitFor({ state: 'detached' });
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringContaining(hostile),
      expect.stringContaining(t.log.about.cut!),
    ]);
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: t.log.download }).click();
    const file = await readFile(await (await saving).path(), 'utf8');
    expect(file.split('\n')).toHaveLength(result.length + 1);
    expect(file).toContain(`2030-01-07T09:00:00Z\tagent\twarn\t${hostile}\n`);
  });

  it('a technician chooses what is read of a log', async () => {
    const asked = await answerJob(open);
    await page.route(/\/api\/devices\/copy-room$/, async (route) =>
      route.fulfill({ json: { ...sampleDevice, operations: ['logs-read'] } }),
    );
    await visit('/devices/copy-room');
    await page.getByRole('button', { name: start('logs-read') }).click();
    await page.getByLabel(t.log.from).fill('2030-01-07T09:00');
    await page.getByLabel(t.log.until).fill('2030-01-07T08:00');
    await page.getByLabel(t.log.least).selectOption('warn');
    await page.getByRole('button', { name: t.log.read, exact: true }).click();
    await page.getByText(t.log.reversed).waitFor();
    expect(asked).toEqual([]);
    await page.getByLabel(t.log.until).fill('2030-01-07T10:00');
    await page.getByRole('button', { name: t.log.read, exact: true }).click();
    await page.getByLabel(t.log.from).waitFor({ state: 'detached' });
    const [from, until] = [new Date(2030, 0, 7, 9).toISOString(), new Date(2030, 0, 7, 10).toISOString()];
    expect(asked).toEqual([{ operation: 'logs-read', log: { from, until, level: 'warn' }, waitMinutes: 0 }]);
  });

  it('progress, a hold and an end change a job where it stands', async () => {
    await visit(`/jobs/${SAMPLE_JOBS.held.id}`);
    await page.getByText(t.holds.stopped).waitFor();
    const { beganAt, endedAt } = sampleJob;
    const executing: Job = { ...SAMPLE_JOBS.held, state: 'executing', hold: null, percent: 60, beganAt };
    await alone.happens({ type: 'job', job: { ...executing, activity: 'printing' } });
    await page.getByText('Printing · 60%').waitFor();
    expect(await page.getByRole('button', { name: t.cancelNamed('Test page') }).count()).toBe(0);
    await alone.happens({
      type: 'job',
      job: { ...executing, state: 'failed', failure: 'device-refused', detail: 'busy', endedAt },
    });
    await page.getByText(t.remedies['device-refused']).waitFor();
  });

  it('a job whose agent was not woken shows which agents were tried, until the agent has it', async () => {
    const { requested } = SAMPLE_JOBS;
    const detail = 'connect ECONNREFUSED 192.168.1.21:8633';
    const waiting: Job['waiting'] = {
      reason: 'not-woken',
      tries: [
        { substitute: 'building-b', outcome: 'unreachable', detail },
        { substitute: 'building-c', outcome: 'no-login', detail: '' },
      ],
    };
    await visit(`/jobs/${requested.id}`);
    await page.getByText(t.waiting, { exact: true }).last().waitFor();
    await alone.happens({ type: 'job', job: { ...requested, waiting } });
    await page.getByText(t.waitReasons['not-woken']).waitFor();
    await page.getByText(`building-b: ${t.wakeOutcomes.unreachable} (${detail})`).waitFor();
    await page.getByText(`building-c: ${t.wakeOutcomes['no-login']}`).waitFor();
    const held: Job = { ...requested, state: 'held', hold: 'stopped', sentAt: sampleJob.sentAt };
    await alone.happens({ type: 'job', job: held });
    await page.getByText(t.holds.stopped).waitFor();
    expect(await page.getByText(t.waitReasons['not-woken']).count()).toBe(0);
  });

  it('firmware is installed only once it was chosen and confirmed', async () => {
    const asked = await answerJob({ ...open, operation: 'firmware-install' });
    await visit('/devices/copy-room');
    await page.getByRole('button', { name: start('firmware-install') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: t.install.choose }).click();
    await page.getByRole('option', { name: /2\.15\.000/ }).click();
    await dialog.getByRole('button', { name: t.install.submit }).click();
    await dialog.getByText(t.install.missing).waitFor();
    expect(asked).toEqual([]);
    await dialog.getByLabel(t.install.understood).check();
    await dialog.getByRole('button', { name: t.install.submit }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(asked).toEqual([{ operation: 'firmware-install', firmwareId: sampleFirmware.id, waitMinutes: 0 }]);
  });

  it('a job that the device has begun meanwhile cannot be cancelled, and it says so', async () => {
    await page.route(/\/cancellation$/, (route) => refuse(route, 'job-begun'));
    await visit('/jobs');
    await page.getByRole('button', { name: t.cancelNamed('Test page') }).click();
    await page.getByRole('alert').getByText('The job has already started').waitFor();
  });

  it('devices with alerts are filtered and found by what the alerts say, and change live', async () => {
    await visit('/devices');
    await page.getByText(en.devices.alerts, { exact: true }).click();
    await page.getByText(en.devices.count(2, 5)).waitFor();
    await page.getByRole('searchbox').fill('duplex jam');
    await page.getByText(en.devices.count(1, 5)).waitFor();
    const ready = { reached: true, problem: null, state: 'idle' as const };
    const condition = { ...ready, alerts: 0, severity: null, alert: '', alertCode: '' };
    await alone.happens({ type: 'information', id: 'copy-room', condition });
    await page.getByRole('table').getByText(en.information.states.idle).waitFor();
    expect(
      await page
        .getByRole('table')
        .getByText(/duplex/)
        .count(),
    ).toBe(0);
  });

  it('Refresh shows that the information is being updated', async () => {
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/\/information$/, async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      await asked;
      return refuse(route, 'device-offline');
    });
    await visit('/devices/copy-room');
    await page.getByRole('button', { name: en.information.refresh }).click();
    await page.getByText(en.information.refreshing).waitFor();
    answer();
    await page.getByText('The device is offline').waitFor();
    expect(await page.getByText(en.information.refreshing).count()).toBe(0);
  });
});
