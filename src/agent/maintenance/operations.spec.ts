import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FIRMWARE_TOKEN, FirmwareServer } from '../../../test/support/agent/firmware-server';
import { MaintenanceStage } from '../../../test/support/agent/maintenance-stage';
import { DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { FirmwareMaker } from '../../../test/support/firmware-maker';
import { until } from '../../../test/support/until';
import { LASTING_PROBLEMS, type LastingProblem } from '../../protocol/device-information';
import { JOB_FAILURES, type JobFailure, type Operation } from '../../protocol/maintenance';
import { ownerRules } from './owner-rules';
import {
  DeviceRefused,
  DeviceUnreachable,
  LoginRefused,
  LoginRequired,
  OperationUnsupported,
} from '../device/device-access';

let files: FirmwareServer;
let on: MaintenanceStage;

beforeAll(async () => {
  on = await MaintenanceStage.open();
});
afterAll(() => on.close());
beforeEach(async () => {
  files = await FirmwareServer.start();
  on.firmwareOrigin = files.origin;
  await on.setUp();
});
afterEach(async () => {
  await on.tearDown();
  await files.stop();
});

/** The device does not answer one poll; then it reports `says`. */
function restartInto(says: typeof DEVICE_INFORMATION): void {
  let away = true;
  on.device.says = says;
  on.device.acts.information = () => {
    if (!away) return;
    away = false;
    throw new DeviceUnreachable('restarting');
  };
}
const install = () => on.reports('firmware-install', { firmware: files.source() });
const NEW = { ...DEVICE_INFORMATION, firmwareVersion: '2.15.000' };
const firmwareFiles = async () => (await readdir(on.folder)).filter((name) => name.startsWith('firmware-'));

describe('operations', () => {
  it('information: reports the device information', async () => {
    const { result } = await on.outcome('information');
    expect(result).toContainEqual({ name: 'firmware-version', value: '2.14.003' });
  });

  it.each<[Operation, string]>([
    ['identify', 'identify'],
    ['test-page', 'test-page Platen test page'],
  ])('%s: the device gets one request', async (operation, did) => {
    expect(await on.outcome(operation)).toMatchObject({ failure: null, result: [] });
    expect(on.device.did).toEqual([expect.stringContaining(did)]);
  });

  it('restart: completes when the device was unreachable and answers again', async () => {
    on.device.acts.restart = () => void (on.device.fault = 'unreachable');
    const jobId = randomUUID();
    let report = await on.execute('restart', { jobId });
    const next = async () => (report = await on.next('restart', jobId));
    await until('it to be away', async () => (await next()).activity === 'restarting');
    on.device.fault = undefined;
    await until('the end', async () => (await next()).status === 'completed');
    expect(report).toMatchObject({ failure: null });
  });
  it('restart: completes after DEVICE_AWAY_MS if the device answered every poll', async () => {
    expect(await on.outcome('restart')).toMatchObject({ failure: null });
  });

  it('firmware-install: downloads the file, sends it to the device, and waits for the new version', async () => {
    let sent: Buffer | undefined;
    on.device.acts['firmware-install'] = async () => {
      sent = await readFile(on.device.did.at(-1)!.replace('firmware ', ''));
      restartInto(NEW);
    };
    const reports = await install();
    expect(reports.at(-1)).toMatchObject({
      failure: null,
      result: [
        { name: 'version-before', value: '2.14.003' },
        { name: 'version-after', value: '2.15.000' },
      ],
    });
    expect(sent?.equals(files.file)).toBe(true);
    expect(await firmwareFiles()).toEqual([]);
    const stored = () => readFile(join(on.folder, 'maintenance-jobs.json'), 'utf8');
    await until('the stored job has no token', async () => !(await stored()).includes(FIRMWARE_TOKEN));
    expect(on.recorded.text()).not.toContain(FIRMWARE_TOKEN);
  });
  it('firmware-install: downloads from its own server, although the order names another address in the LAN', async () => {
    const elsewhere = await FirmwareServer.start();
    try {
      on.device.acts['firmware-install'] = () => restartInto(NEW);
      const firmware = { ...files.source(), url: elsewhere.source().url };
      expect(await on.outcome('firmware-install', { firmware })).toMatchObject({ failure: null });
      expect([elsewhere.asked, files.asked]).toEqual([[], ['200']]);
    } finally {
      await elsewhere.stop();
    }
  });

  it('firmware-install: waits for a device that answers with its old version longer than a restart takes', async () => {
    await on.restart({ awayMs: 20, backMs: 60_000 });
    on.device.acts['firmware-install'] = () => {
      const { questions } = on.device;
      on.device.acts.information = () => void (on.device.questions > questions + 30 && (on.device.says = NEW));
    };
    const reports = await install();
    expect(reports.at(-1)).toMatchObject({ failure: null, result: [{}, { value: '2.15.000' }] });
    expect(reports.map(({ activity }) => activity)).toContain('installing');
  });
  it.each(['stopped', 'killed'])(
    'firmware-install: an agent that was %s waits on, and sends nothing again',
    async (how) => {
      const jobId = randomUUID();
      const patient = { backMs: 60_000, awayMs: 60_000, pauseMs: 60_000 }; // the version must not be given up before the agent is stopped
      await on.restart(patient);
      await on.execute('firmware-install', { jobId, firmware: files.source() });
      await until(
        'the device installs',
        async () => (await on.next('firmware-install', jobId)).activity === 'installing',
      );
      const jobs = join(on.folder, 'maintenance-jobs.json');
      const onDisk = await readFile(jobs);
      await on.stop();
      if (how === 'killed') await writeFile(jobs, onDisk);
      on.device.says = NEW;
      await on.start(patient);
      const report = () => on.next('firmware-install', jobId);
      await until('the version', async () => (await report()).status === 'completed');
      expect(await report()).toMatchObject({ failure: null, result: [{ value: '2.14.003' }, { value: '2.15.000' }] });
      expect(on.device.did).toHaveLength(1);
    },
  );
  it('firmware-install: completes with the new version even if the device answered every poll', async () => {
    on.device.acts['firmware-install'] = () => void (on.device.says = NEW);
    expect((await install()).at(-1)).toMatchObject({ failure: null });
  });
});

const FAILURES: [
  failure: JobFailure,
  how: string,
  operation: Operation,
  prepare: () => unknown,
  detail: string | RegExp,
][] = [
  [
    'device-unreachable',
    'is unreachable',
    'identify',
    () => (on.device.acts.identify = fail(new DeviceUnreachable('reset'))),
    'reset',
  ],
  [
    'device-unreachable',
    'does not accept the request in time',
    'test-page',
    () => {
      on.device.acts['test-page'] = () => new Promise(() => undefined);
      return on.restart({ acceptMs: 50 });
    },
    'no answer in 50 ms',
  ],
  [
    'device-refused',
    'refuses',
    'test-page',
    () => (on.device.acts['test-page'] = fail(new DeviceRefused('server-error-busy'))),
    'server-error-busy',
  ],
  [
    'login-required',
    'asks for a login that the agent does not have',
    'restart',
    () => (on.device.acts.restart = fail(new LoginRequired('HTTP 401'))),
    'HTTP 401',
  ],
  [
    'login-refused',
    'refuses the login',
    'restart',
    () => (on.device.acts.restart = fail(new LoginRefused('the password'))),
    'the password',
  ],
  [
    'login-refused',
    'refuses the login before it can be read',
    'restart',
    () => (on.device.acts.information = fail(new LoginRefused('the password'))),
    'the password',
  ],
  ...Object.keys(LASTING_PROBLEMS)
    .filter(
      (problem): problem is Exclude<LastingProblem, 'login-required' | 'login-refused'> => !/^login/.test(problem),
    )
    .flatMap((problem): typeof FAILURES => {
      const device = () => fail(new DeviceRefused('why', { problem }));
      return [
        [problem, `has the problem ${problem}`, 'restart', () => (on.device.acts.restart = device()), 'why'],
        [problem, `has it before it can be read`, 'restart', () => (on.device.acts.information = device()), 'why'],
      ];
    }),
  [
    'device-refused',
    'refuses the firmware',
    'firmware-install',
    () => (on.device.acts['firmware-install'] = fail(new DeviceRefused('bad image'))),
    'bad image',
  ],
  [
    'unsupported',
    'does not support the operation',
    'restart',
    () => (on.device.acts.restart = fail(new OperationUnsupported('no URI'))),
    'no URI',
  ],
  [
    'unsupported',
    'reports no counters',
    'counters',
    () => (on.device.says = { ...DEVICE_INFORMATION, counters: {} }),
    'no counters',
  ],
  [
    'download-failed',
    'needs a file that the server does not have',
    'firmware-install',
    () => files.faults.push({ status: 404 }),
    'status 404',
  ],
  [
    'file-damaged',
    'needs a file that the server has replaced',
    'firmware-install',
    () => (files.sent = Buffer.alloc(files.file.length)),
    'SHA-256',
  ],
  [
    'no-release-key',
    'has an agent without a key that verifies firmware',
    'firmware-install',
    () => {
      on.releaseKey = undefined;
      return on.restart({});
    },
    'releaseKeyFile',
  ],
  [
    'firmware-unsigned',
    'has an agent with another key',
    'firmware-install',
    () => {
      on.releaseKey = new FirmwareMaker().key;
      return on.restart({});
    },
    'another key',
  ],
  [
    'firmware-older',
    'has the version already',
    'firmware-install',
    () => (on.device.says = NEW),
    'the device has 2.15.000',
  ],
  [
    'not-back',
    'does not come back',
    'restart',
    () => {
      on.device.acts.restart = () => void (on.device.fault = 'unreachable');
      return on.restart({ returnMs: 50 });
    },
    'not answered',
  ],
  [
    'not-back',
    'does not come back from the installation',
    'firmware-install',
    () => (on.device.acts['firmware-install'] = () => void (on.device.fault = 'unreachable')),
    'not answered',
  ],
  [
    'version-unchanged',
    'comes back with the old version',
    'firmware-install',
    () => (on.device.acts['firmware-install'] = () => restartInto(DEVICE_INFORMATION)),
    '2.14.003',
  ],
  ['version-unchanged', 'does not restart', 'firmware-install', () => undefined, '2.14.003'],
  [
    'internal-error',
    'cannot be operated because of an unexpected error',
    'identify',
    () => (on.device.acts.identify = fail(new TypeError('the inside story'))),
    /^incident [0-9a-f-]{36}$/,
  ],
];
const fail = (error: Error) => () => Promise.reject(error);

describe('failures', () => {
  it.each(FAILURES)('%s: the device %s', async (failure, _how, operation, prepare, detail) => {
    await prepare();
    const firmware = operation === 'firmware-install' ? files.source() : undefined;
    const report = await on.outcome(operation, { firmware });
    expect(report).toMatchObject({ status: 'completed', failure, detail: expect.stringMatching(detail) });
    expect(await firmwareFiles()).toEqual([]);
  });

  it('firmware-unsigned: no person is asked about the job', async () => {
    on.rules = ownerRules({ 'firmware-install': 'ask' });
    await on.restart({});
    const unsigned = { ...files.source(), signature: undefined };
    const report = await on.execute('firmware-install', { firmware: unsigned });
    expect(report).toMatchObject({ status: 'completed', failure: 'firmware-unsigned' });
  });

  it('firmware-older: the device has a newer version by the time the job starts', async () => {
    const { questions } = on.device;
    on.device.acts.information = () => void (on.device.questions > questions + 1 && (on.device.says = NEW));
    expect(await on.outcome('firmware-install', { firmware: files.source() })).toMatchObject({
      failure: 'firmware-older',
    });
    expect([on.device.did, files.asked]).toEqual([[], []]);
  });

  it('interrupted: the agent stops during an installation and removes the file', async () => {
    on.device.acts['firmware-install'] = () => new Promise(() => undefined);
    const jobId = randomUUID();
    await on.execute('firmware-install', { jobId, firmware: files.source() });
    await until('the file is sent', () => on.device.did.length >= 1);
    await on.stop();
    expect(await firmwareFiles()).toEqual([]);
    await on.start();
    expect(await on.next('firmware-install', jobId)).toMatchObject({ failure: 'interrupted' });
  });

  it('has a test for every failure that an agent can name', () => {
    const elsewhere: JobFailure[] = [
      'forbidden',
      'unknown-device',
      'too-many',
      'expired',
      'interrupted',
      'declined',
      'too-often',
      'firmware-unfit',
      'settings-missed',
    ];
    const ofTheControlPlane: JobFailure[] = ['agent-silent', 'agent-removed', 'other'];
    const tested = new Set([...FAILURES.map(([failure]) => failure), ...elsewhere, ...ofTheControlPlane]);
    expect(Object.keys(JOB_FAILURES).filter((failure) => !tested.has(failure as JobFailure))).toEqual([]);
  });
});
