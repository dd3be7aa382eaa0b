import { setLimit } from '../../../test/support/relay/test-relay';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { ScriptedDevice, DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { until } from '../../../test/support/until';
import { DeviceRefused, DeviceUnreachable, OperationUnsupported } from '../device/device-access';
import { DevicePoller, type DevicePollerOptions } from './device-poller';

let device: ScriptedDevice;
let poller: DevicePoller;
let seen: string[];
let recorded: ReturnType<typeof recordedJournal>;

function newPoller(options: DevicePollerOptions = {}): void {
  poller = new DevicePoller(new Map([['mfp-1', device]]), recorded.journal, { pollMs: 5, answerMs: 50, ...options });
  poller.onInformation((id, { reached, state }) => seen.push(`${id} ${reached ? state : 'gone'}`));
}

beforeEach(() => {
  [device, seen, recorded] = [new ScriptedDevice(), [], recordedJournal()];
  newPoller();
});
afterEach(() => poller.stop());

describe('DevicePoller', () => {
  it('answers with a request that starts after the call; waiting callers share the next one', async () => {
    let answerFirst = () => undefined as void;
    const held = new Promise<void>((resolve) => (answerFirst = resolve));
    device.acts.information = () => {
      if (device.questions === 1) return held;
      device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    };
    const first = poller.query('mfp-1');
    const later = [poller.query('mfp-1'), poller.poll('mfp-1'), poller.query('mfp-1')];
    answerFirst();
    expect((await first).state).toBe('idle');
    expect((await Promise.all(later)).map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);
    expect([device.questions, device.atOnce, seen]).toEqual([2, 1, ['mfp-1 idle', 'mfp-1 stopped']]);
    await poller.query('mfp-1');
    expect(device.questions).toBe(3);
  });

  it('waits for its turn behind a request of a job, which may take as long as an answer', async () => {
    setLimit('DEVICE_ANSWER_MS', 100);
    newPoller({ answerMs: undefined });
    device.acts.information = () => new Promise((resolve) => setTimeout(resolve, 150));
    expect(await poller.query('mfp-1')).toMatchObject({ reached: true });
    jest.restoreAllMocks();
  });

  it('sends the next request even after a failed one', async () => {
    device.fault = 'unreachable';
    const first = poller.query('mfp-1');
    const second = poller.poll('mfp-1');
    await expect(first).rejects.toThrow('connection refused');
    expect(await second).toMatchObject({ reached: false });
    expect(device.questions).toBe(2);
  });

  it.each(['unreachable', 'refused', 'silent'] as const)(
    'returns the latest information while the device is %s',
    async (fault) => {
      await poller.query('mfp-1');
      device.fault = fault;
      const [code, detail, logged] = {
        unreachable: ['unreachable', 'connection refused', 'the device does not answer'],
        refused: ['refused', 'client-error-not-possible', 'the device answers, but not with information'],
        silent: ['unreachable', 'no answer in 50 ms', 'the device does not answer'],
      }[fault];
      const problem = { code, detail };
      expect(await poller.poll('mfp-1')).toEqual({ ...DEVICE_INFORMATION, reached: false, problem });
      await expect(poller.query('mfp-1')).rejects.toThrow(detail);
      expect(seen).toEqual(['mfp-1 idle', 'mfp-1 gone', 'mfp-1 gone']);
      expect(recorded.messages()).toEqual([logged]); // once
      device.fault = undefined;
      expect(await poller.poll('mfp-1')).toEqual(DEVICE_INFORMATION);
      expect(recorded.messages()).toEqual([logged, 'the device answers again']);
    },
  );

  it.each(['mfp-1', 'mfp-9'])('has no information about %s, which never answered', async (id) => {
    device.fault = 'unreachable';
    expect(await poller.poll(id)).toMatchObject({ reached: false, state: 'unknown', supplies: [] });
    expect(poller.known(id)).toMatchObject({ reached: false });
  });

  it('logs each problem once, an answer without information as one, and no stack', async () => {
    const problems = [
      new DeviceRefused('HTTP 404', { problem: 'wrong-path' }),
      new OperationUnsupported('no Get-Printer-Attributes'),
      new DeviceUnreachable('ECONNREFUSED'),
    ];
    for (const problem of problems)
      for (let i = 0; i < 2; i++) {
        device.acts.information = () => Promise.reject(problem);
        await poller.poll('mfp-1');
      }
    expect(recorded.lines.map(({ problem, detail }) => [problem, detail])).toEqual([
      ['wrong-path', 'HTTP 404'],
      ['not-a-printer', 'no Get-Printer-Attributes'],
      ['unreachable', 'ECONNREFUSED'],
    ]);
  });

  it('logs once that one of two protocols does not answer', async () => {
    const unanswered = { protocol: 'snmp', code: 'unreachable', detail: 'no answer' } as const;
    for (const says of [unanswered, unanswered, undefined, unanswered]) {
      device.says = { ...DEVICE_INFORMATION, unanswered: says };
      await poller.poll('mfp-1');
    }
    const logged = recorded.lines.filter(({ msg }) => msg === 'the device does not answer in one of its protocols');
    expect(logged).toHaveLength(2);
    expect(logged[0]).toMatchObject({ deviceId: 'mfp-1', protocol: 'snmp', problem: 'unreachable' });
  });

  it('polls at an interval, one request at a time, until it is stopped', async () => {
    poller.start();
    await until('a few polls', () => device.questions > 2);
    void poller.poll('mfp-1');
    device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    await until('the change', () => seen.includes('mfp-1 stopped'));
    expect(device.atOnce).toBe(1);
    poller.stop();
    const { questions } = device;
    await expect(poller.query('mfp-1')).rejects.toThrow('stopping');
    expect(device.questions).toBeLessThanOrEqual(questions + 1);
    expect(seen.at(-1)).toBe('mfp-1 stopped'); // not "gone": the device did not fail
  });

  it('continues after an unexpected error and logs it', async () => {
    device.acts.information = () => {
      throw new TypeError('the inside story');
    };
    poller.start();
    await until('another poll', () => device.questions > 1);
    expect(recorded.text()).toContain('the inside story');
  });
});
