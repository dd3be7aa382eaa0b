import { recordedJournal } from '../../../test/support/recorded-journal';
import { ScriptedDevice, DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { until } from '../../../test/support/until';
import { DeviceWatch, type DeviceWatchOptions } from './device-watch';

let device: ScriptedDevice;
let watch: DeviceWatch;
let seen: string[];
let recorded: ReturnType<typeof recordedJournal>;

function newWatch(options: DeviceWatchOptions = {}): void {
  watch = new DeviceWatch(new Map([['mfp-1', device]]), recorded.journal, { pollMs: 5, answerMs: 50, ...options });
  watch.onSeen((id, { reached, state }) => seen.push(`${id} ${reached ? state : 'gone'}`));
}

beforeEach(() => {
  [device, seen, recorded] = [new ScriptedDevice(), [], recordedJournal()];
  newWatch();
});
afterEach(() => watch.stop());

describe('what a device says of itself', () => {
  it('is asked once for all who want to know at the same time', async () => {
    const all = await Promise.all([watch.ask('mfp-1'), watch.look('mfp-1'), watch.ask('mfp-1')]);
    expect(all).toEqual([DEVICE_INFORMATION, DEVICE_INFORMATION, DEVICE_INFORMATION]);
    expect([device.questions, seen]).toEqual([1, ['mfp-1 idle']]);
    await watch.ask('mfp-1');
    expect(device.questions).toBe(2);
  });

  it.each(['unreachable', 'refused', 'silent'] as const)('is what was last known while it is %s', async (fault) => {
    await watch.ask('mfp-1');
    device.fault = fault;
    expect(await watch.look('mfp-1')).toEqual({ ...DEVICE_INFORMATION, reached: false });
    await expect(watch.ask('mfp-1')).rejects.toThrow(
      { unreachable: 'connection refused', refused: 'client-error', silent: 'no answer in 50 ms' }[fault],
    );
    expect(seen).toEqual(['mfp-1 idle', 'mfp-1 gone', 'mfp-1 gone']);
    expect(recorded.messages()).toEqual(['the device does not answer']); // once
  });

  it.each(['mfp-1', 'mfp-9'])('is nothing of %s, which never answered', async (id) => {
    device.fault = 'unreachable';
    expect(await watch.look(id)).toMatchObject({ reached: false, state: 'unknown', supplies: [] });
    expect(watch.known(id)).toMatchObject({ reached: false });
  });

  it('is looked at from time to time, one question at a time, until it stops', async () => {
    watch.start();
    await until('it was asked a few times', () => device.questions > 2);
    void watch.look('mfp-1');
    device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    await until('the change is seen', () => seen.includes('mfp-1 stopped'));
    expect(device.atOnce).toBe(1);
    watch.stop();
    const { questions } = device;
    await expect(watch.ask('mfp-1')).rejects.toThrow('stopping');
    expect(device.questions).toBeLessThanOrEqual(questions + 1);
    expect(seen.at(-1)).toBe('mfp-1 stopped'); // not "gone": nothing is known to be wrong with it
  });

  it('goes on after an unexpected error, which is logged', async () => {
    device.acts.information = () => {
      throw new TypeError('the inside story');
    };
    watch.start();
    await until('it was asked again', () => device.questions > 1);
    expect(recorded.text()).toContain('the inside story');
  });
});
