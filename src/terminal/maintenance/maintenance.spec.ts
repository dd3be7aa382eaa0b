import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../../test/support/remove-folder';
import { sampleDevice, sampleFirmware, sampleJob } from '../../../test/support/samples/api-samples';
import { recordedTerminal, type RecordedTerminal } from '../../../test/support/terminal/recorded-terminal';
import { problemAnswer, startFakeApi, type FakeApi, type FakeApiRoutes } from '../../../test/support/terminal/fake-api';
import { until } from '../../../test/support/until';
import vectors from '../../../test/vectors/ad-hoc-command.json';
import { LASTING_PROBLEMS } from '../../protocol/device-information';
import { FIRMWARE_MEDIA_TYPE } from '../../protocol/firmware-package';
import type { Job, Operation } from '../../protocol/maintenance';
import { moment } from '../command-line';
import { storeCredentials } from '../credentials';
import type { Exit } from '../exit-codes';
import { releaseKeys } from '../releases/make-release';
import { runCommand } from '../run-command';
import type { TerminalIo } from '../terminal-io';
import { TERMINAL_LIMITS } from '../terminal-limits';
import { firmwareList, firmwareRemove, firmwareUpload } from './firmware';
import { cancelJob, job, jobs } from './jobs';
import { maintain, type MaintainOptions } from './maintain';
import { firmwareSign, firmwareVerify } from './sign-firmware';

const requested: Job = { ...sampleJob, state: 'requested', result: [], sentAt: null, beganAt: null, endedAt: null };
const held: Job = { ...requested, state: 'held', hold: 'stopped', detail: 'Paper jam', sentAt: sampleJob.requestedAt };
const executing: Job = { ...held, state: 'executing', hold: null, detail: '', beganAt: sampleJob.beganAt };
const cancelled: Job = { ...requested, state: 'cancelled', endedAt: sampleJob.endedAt };
const failed: Job = { ...executing, state: 'failed', failure: 'device-refused', detail: 'server-error-busy' };
const AT_DEVICE = `POST /api/devices/${sampleDevice.id}/jobs`;
const ONE = `/api/jobs/${sampleJob.id}`;

describe('maintenance from the command line', () => {
  let api: FakeApi;
  let folder: string;
  let terminal: RecordedTerminal;
  /** The answers of the server to each poll, the last one repeated. */
  let course: Job[];
  const bodyOf = (line: string): unknown => api.requests.find((request) => request.line === line)?.body;
  const routes: FakeApiRoutes = {
    [AT_DEVICE]: () => ({ status: 201, body: requested }),
    [`GET ${ONE}`]: () => ({ body: course.length > 1 ? course.shift() : course[0] }),
    [`POST ${ONE}/cancellation`]: () => ({ body: cancelled }),
    'GET /api/jobs': () => ({ body: { rows: [sampleJob, held, failed], next: null } }),
    'GET /api/devices': () => ({ body: { rows: [sampleDevice], next: null } }),
    'GET /api/firmware': () => ({ body: [sampleFirmware] }),
    [`DELETE /api/firmware/${sampleFirmware.id}`]: () => ({ status: 204 }),
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'terminal-maintenance-'));
    api = await startFakeApi({ ...routes });
    course = [sampleJob];
    jest.replaceProperty(TERMINAL_LIMITS, 'JOB_POLL_MS', 5 as never);
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await api.stop();
    await removeFolder(folder);
  });
  const shown = (words: string): Promise<unknown> => until(words, () => terminal.err().includes(words));
  const run = (command: (io: TerminalIo) => Promise<Exit | void>): Promise<number> => runCommand(terminal.io, command);
  const ask = (operation: Operation, options: Partial<MaintainOptions> = {}): Promise<number> =>
    run((io) => maintain(io, sampleDevice.id, operation, { wait: 0, ...options }));

  it('reports every change once on standard error, and prints the result as a table', async () => {
    const tries = [{ substitute: 'building-b', outcome: 'unreachable' as const, detail: 'ECONNREFUSED' }];
    const notWoken: Job = { ...requested, waiting: { reason: 'not-woken', tries } };
    course = [requested, notWoken, held, held, executing, sampleJob];
    expect(await ask('counters', { wait: 60 })).toBe(0);
    expect(bodyOf(AT_DEVICE)).toEqual({ operation: 'counters', waitMinutes: 60 });
    expect(terminal.err().trimEnd().split('\n')).toEqual([
      `Job ${sampleJob.id}: counters on Copy room`,
      'Waiting for the agent.',
      'Waiting: The agent is not connected and was not woken. building-b: unreachable (ECONNREFUSED)',
      'On hold: The device has stopped. See its alerts. Paper jam',
      'Running: The agent has the job and carries it out.',
      'Done.',
    ]);
    expect(terminal.out()).toBe('NAME          VALUE\nimpressions   128456\nmedia-sheets  90211\n');
  });

  it('reads a part of a log', async () => {
    const log = { from: '2030-01-07T08:00:00.000Z', until: '2030-01-07T09:00:00.000Z', level: 'warn' } as const;
    course = [{ ...sampleJob, operation: 'logs-read', log }];
    expect(await ask('logs-read', log)).toBe(0);
    expect(bodyOf(AT_DEVICE)).toEqual({ operation: 'logs-read', log, waitMinutes: 0 });
    expect(await ask('logs-read', { from: log.until, until: log.from })).toBe(2);
    expect(await ask('counters', { level: 'warn' })).toBe(2);
    expect(terminal.err()).toContain('only for logs-read');
  });

  it.each([
    ['2030-01-07T09:00:00Z', '2030-01-07T09:00:00.000Z'],
    ['2030-01-07T09:00:00.123Z', '2030-01-07T09:00:00.123Z'],
    ['2030-01-07 09:00+01:00', '2030-01-07T08:00:00.000Z'],
    ['2030-01-07T09:00', new Date(2030, 0, 7, 9).toISOString()],
  ])('reads the time %s', (text, expected) => expect(moment(text)).toBe(expected));
  it.each(['', 'now', '2030-13-07T09:00Z', '09:00', '2030-01-07'])('refuses the time "%s"', (text) =>
    expect(() => moment(text)).toThrow('Enter a time such as'),
  );

  it('--json prints only one object per change', async () => {
    course = [held, sampleJob];
    expect(await ask('counters', { json: true })).toBe(0);
    const events = terminal
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; job: Job });
    expect(events.map(({ event, job: { state } }) => [event, state])).toEqual([
      ['state', 'requested'],
      ['state', 'held'],
      ['ended', 'succeeded'],
    ]);
    expect(terminal.err()).toBe('');
  });

  it.each<[string, Job, number, string]>([
    ['failed', failed, 28, 'Failed: The device refused the operation. server-error-busy'],
    [
      'met a device with a lasting problem',
      { ...failed, failure: 'wrong-path', detail: 'HTTP 404' },
      28,
      `Failed: ${LASTING_PROBLEMS['wrong-path'].text} HTTP 404. ${LASTING_PROBLEMS['wrong-path'].remedy}`,
    ],
    ['expired', { ...requested, state: 'failed', failure: 'expired' }, 29, 'Failed: Not started in time.'],
    ['cancelled', cancelled, 20, 'Cancelled before it started on the device.'],
  ])('has an exit code for a job that has %s', async (_name, over, code, words) => {
    course = [over];
    expect(await ask('counters')).toBe(code);
    expect(terminal.err()).toContain(`${words}\n`);
    expect(terminal.out()).toBe('');
  });

  it("--detach prints the job's ID and exits", async () => {
    expect(await ask('restart', { detach: true })).toBe(0);
    expect(terminal.out()).toBe(`${sampleJob.id}\n`);
    expect(api.requests).toHaveLength(1);
  });

  it.each([sampleFirmware.id, sampleFirmware.version])('installs firmware %s', async (firmware) => {
    // a file of the same version for another model must not be chosen
    const other = { ...sampleFirmware, id: sampleJob.user.id, model: 'Other' };
    api.routes['GET /api/firmware'] = () => ({ body: [other, sampleFirmware] });
    expect(await ask('firmware-install', { firmware })).toBe(0);
    expect(bodyOf(AT_DEVICE)).toMatchObject({ operation: 'firmware-install', firmwareId: sampleFirmware.id });
  });

  it.each<[Operation, Partial<MaintainOptions>, string]>([
    ['firmware-install', {}, 'firmware-install requires --firmware.'],
    ['counters', { firmware: '2.15.000' }, '--firmware is only for firmware-install.'],
    ['firmware-install', { firmware: '9.9' }, 'There is no firmware "9.9".'],
  ])('%s with %j is a usage error', async (operation, options, words) => {
    expect(await ask(operation, options)).toBe(2);
    expect(terminal.err()).toContain(words);
    expect(bodyOf(AT_DEVICE)).toBeUndefined();
  });

  it('Ctrl-C cancels a job that has not started on the device', async () => {
    course = [held];
    api.routes[`POST ${ONE}/cancellation`] = () => {
      course = [cancelled];
      return { body: held };
    };
    const exit = ask('test-page');
    await shown('On hold: ');
    terminal.interrupt();
    expect(await exit).toBe(20);
  });

  it('Ctrl-C does not stop a job that has started on the device', async () => {
    course = [executing];
    api.routes[`POST ${ONE}/cancellation`] = () => problemAnswer('job-begun');
    const exit = ask('restart');
    await shown('Running: ');
    terminal.interrupt();
    expect(await exit).toBe(130);
    expect(terminal.err()).toContain(`The job continues (running). Follow it: platen job ${sampleJob.id}`);
  });

  it('a second Ctrl-C does not wait for the agent', async () => {
    course = [held];
    api.routes[`POST ${ONE}/cancellation`] = () => ({ body: held });
    const exit = ask('test-page');
    await shown('On hold: ');
    terminal.interrupt();
    await shown('Cancelling');
    terminal.interrupt();
    expect(await exit).toBe(130);
  });

  it('keeps following during a short outage of the server', async () => {
    let times = 0;
    api.routes[`GET ${ONE}`] = () => (times++ < 2 ? { status: 503, body: 'away' } : { body: sampleJob });
    expect(await ask('counters')).toBe(0);
    expect(times).toBe(3);
  });

  it.each<['operation-unsupported' | 'device-offline' | 'unknown-device' | 'too-many-jobs', number]>([
    ['operation-unsupported', 18],
    ['too-many-jobs', 18],
    ['device-offline', 7],
    ['unknown-device', 12],
  ])('the problem %s has its exit code', async (code, exit) => {
    api.routes[AT_DEVICE] = () => problemAnswer(code);
    expect(await ask('counters')).toBe(exit);
  });

  it('jobs, in 100 columns', async () => {
    terminal = recordedTerminal(terminal.io.env, { columns: 100 });
    await run((io) => jobs(io, { open: true, device: 'copy-room' }));
    expect(Object.fromEntries(api.requests[0]!.query)).toMatchObject({ state: 'open', deviceId: 'copy-room' });
    const lines = terminal.out().trimEnd().split('\n');
    expect(lines[0]).toMatch(/^JOB +DEVICE +OPERATION +STATE +REQUESTED$/);
    expect(lines[2]).toContain('on hold: stopped');
    expect(lines[3]).toContain('device-refused');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('jobs suggests a command when there are none', async () => {
    api.routes['GET /api/jobs'] = () => ({ body: { rows: [], next: null } });
    await run((io) => jobs(io, { open: true }));
    expect(terminal.out()).toBe('No open jobs. Start one: platen maintain <device> <operation>\n');
  });

  it('jobs of an unknown device is an error', async () => {
    api.routes['GET /api/jobs'] = () => ({ body: { rows: [], next: null } });
    api.routes['GET /api/devices/nowhere'] = () => problemAnswer('unknown-device');
    expect(await run((io) => jobs(io, { device: 'nowhere' }))).toBe(12);
    expect(terminal.out()).toBe('');
  });

  it('job, with its progress and its result', async () => {
    await run((io) => job(io, sampleJob.id, {}));
    for (const shown of [
      /^Job +5b0f8c1e-/,
      /Operation +counters\n/,
      /State +Done\./,
      /\n\nNAME .*\nimpressions +128456\n/,
    ])
      expect(terminal.out()).toMatch(shown);
  });

  it('job, with the answer at the device', async () => {
    const { text, signature } = vectors.reports.find(({ report }) => report.record)!.report.record!;
    const approvalRecord = { text, signature, key: vectors.recordKey, keyFingerprint: 'f'.repeat(43) };
    course = [{ ...sampleJob, approvalRecord }];
    await run((io) => job(io, sampleJob.id, {}));
    expect(terminal.out()).toMatch(/\nAnswer +declined, 2026-03-02 [^,]*, approver 相子, with a PIN\n/);
  });

  it('job cancel', async () => {
    expect(await run((io) => cancelJob(io, sampleJob.id, {}))).toBe(0);
    expect(terminal.out()).toBe('Cancelled before it started on the device.\n');
    api.routes[`POST ${ONE}/cancellation`] = () => problemAnswer('job-begun');
    expect(await run((io) => cancelJob(io, sampleJob.id, {}))).toBe(18);
  });

  it('firmware list and remove', async () => {
    expect(await run((io) => firmwareList(io, {}))).toBe(0);
    const [titles = '', line = ''] = terminal.out().split('\n');
    expect(titles).toMatch(/^FIRMWARE +VERSION +MODEL +SIZE +UPLOADED$/);
    expect(line).toMatch(/ 2\.15\.000 +Platen Demo MFP 3050ci +48\.2 MB +2026-03-02 \d\d:\d\d$/);
    expect(await run((io) => firmwareRemove(io, sampleFirmware.id))).toBe(0);
    api.routes[`DELETE /api/firmware/${sampleFirmware.id}`] = () => problemAnswer('firmware-in-use');
    expect(await run((io) => firmwareRemove(io, sampleFirmware.id))).toBe(18);
  });

  it('firmware upload sends the signed file unchanged', async () => {
    const path = join(folder, 'v2.signed');
    await writeFile(path, '"the file"');
    api.routes['POST /api/firmware'] = () => ({ status: 201, body: sampleFirmware });
    expect(await run((io) => firmwareUpload(io, path, {}))).toBe(0);
    expect(api.requests[0]).toMatchObject({ body: 'the file', headers: { 'content-type': FIRMWARE_MEDIA_TYPE } });
    expect(terminal.out()).toContain(`SHA-256 ${sampleFirmware.sha256}`);
    api.routes['POST /api/firmware'] = () => problemAnswer('firmware-refused');
    expect(await run((io) => firmwareUpload(io, path, {}))).toBe(25);
  });

  it('firmware is signed, and verified with the public key', async () => {
    const at = (name: string) => join(folder, name);
    await writeFile(at('v2.bin'), 'the file');
    expect(await run((io) => releaseKeys(io, { out: at('keys') }))).toBe(0);
    expect(await run((io) => releaseKeys(io, { out: at('other-keys') }))).toBe(0);
    const about = { firmwareVersion: '2.15.000', model: 'Platen Demo MFP 3050ci' };
    const signing = { ...about, key: at('keys/release.key'), out: at('v2.fw') };
    expect(await run((io) => firmwareSign(io, at('v2.bin'), signing))).toBe(0);
    expect(terminal.out()).toContain('Next: platen firmware upload');
    const verify = (key: string) => run((io) => firmwareVerify(io, at('v2.fw'), { key: at(key) }));
    expect(await verify('keys/release.pub')).toBe(0);
    expect(terminal.out()).toMatch(/2\.15\.000, signed[^]*Platen Demo MFP 3050ci[^]*v2\.bin/);
    expect(await verify('other-keys/release.pub')).toBe(25);
    expect(await run((io) => firmwareSign(io, at('v2.bin'), { ...signing, firmwareVersion: 'a b' }))).toBe(2);
    expect(await run((io) => firmwareSign(io, at('v2.bin'), { ...signing, key: at('keys/release.pub') }))).toBe(2);
    expect(terminal.err()).toContain('no private Ed25519 key');
  });

  it('firmware chosen by its version is the signed file, although an unsigned one has the version, too', async () => {
    const unsigned = { ...sampleFirmware, id: sampleJob.user.id, signedAt: null };
    api.routes['GET /api/firmware'] = () => ({ body: [unsigned, sampleFirmware] });
    expect(await ask('firmware-install', { firmware: sampleFirmware.version })).toBe(0);
    expect(bodyOf(AT_DEVICE)).toMatchObject({ firmwareId: sampleFirmware.id });
  });
});
