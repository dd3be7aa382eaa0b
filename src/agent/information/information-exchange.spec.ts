import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { ScriptedDevice, DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { until } from '../../../test/support/until';
import { acquireInformation } from '../../protocol/control-channel';
import { ChannelTimeout, ExchangeRefused } from '../channel/control-channel.errors';
import { DeviceWatch } from './device-watch';
import { InformationExchange } from './information-exchange';

let device: ScriptedDevice;
let channel: ScriptedChannel;
let watch: DeviceWatch;
let exchange: InformationExchange;

beforeEach(() => {
  [device, channel] = [new ScriptedDevice(), new ScriptedChannel()];
  const { journal } = recordedJournal();
  watch = new DeviceWatch(new Map([['mfp-1', device]]), journal, { answerMs: 50 });
  const devices = ['mfp-1', 'mfp-2'].map((id) => ({ id, model: `model of ${id}`, serialNumber: `serial of ${id}` }));
  exchange = new InformationExchange(devices, watch, channel, journal, { firstMs: 5 });
});
afterEach(() => {
  exchange.stop();
  watch.stop();
});

const acquire = (deviceId: string) => channel.ask(acquireInformation, { deviceId });
const reported = () =>
  channel.asked.map((text) => {
    const { deviceId, information } = JSON.parse(text.slice('report-information '.length)) as {
      deviceId: string;
      information: typeof DEVICE_INFORMATION;
    };
    return `${deviceId} ${information.reached ? information.state : 'gone'}`;
  });

describe('device information for the control plane', () => {
  it('is what the device says now', async () => {
    expect(await acquire('mfp-1')).toEqual(DEVICE_INFORMATION);
  });
  it('is what was last known where the device does not answer', async () => {
    await acquire('mfp-1');
    device.fault = 'unreachable';
    expect(await acquire('mfp-1')).toEqual({ ...DEVICE_INFORMATION, reached: false });
  });
  it('is what the configuration says of a device that cannot be asked', async () => {
    const named = { model: 'model of mfp-2', serialNumber: 'serial of mfp-2' };
    expect(await acquire('mfp-2')).toMatchObject({ reached: false, state: 'unknown', ...named });
  });
  it('is none of a device of which this agent may not tell', async () => {
    await expect(acquire('mfp-3')).rejects.toMatchObject({ code: 'operation-unsupported' });
  });

  const alert = { severity: 'error', code: 'media-jam', text: 'Jam' } as const;
  it.each<[what: string, change: () => void, told: string[]]>([
    ['the state', () => (device.says = { ...DEVICE_INFORMATION, state: 'processing' }), ['mfp-1 processing']],
    ['an alert', () => (device.says = { ...DEVICE_INFORMATION, alerts: [alert] }), ['mfp-1 idle']],
    ['the firmware', () => (device.says = { ...DEVICE_INFORMATION, firmwareVersion: '3' }), ['mfp-1 idle']],
    ['the reachability', () => (device.fault = 'unreachable'), ['mfp-1 gone']],
    ['a counter', () => (device.says = { ...DEVICE_INFORMATION, counters: { impressions: 5 } }), []],
    ['a supply', () => (device.says = { ...DEVICE_INFORMATION, supplies: [] }), []],
    ['nothing', () => undefined, []],
  ])('is reported when %s has changed, where that matters', async (_what, change, told) => {
    await watch.look('mfp-1');
    await until('the first is told', () => channel.asked.length === 1);
    channel.asked.length = 0;
    change();
    await watch.look('mfp-1');
    await watch.look('mfp-1');
    expect(reported()).toEqual(told);
  });

  it('is not reported when the control plane has just been answered with it', async () => {
    channel.online = false;
    await acquire('mfp-1');
    channel.online = true;
    exchange.flush();
    await watch.look('mfp-1');
    expect(channel.asked).toEqual([]);
  });

  it('waits for the channel; then the latest is told, once', async () => {
    channel.online = false;
    await watch.look('mfp-1');
    device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    await watch.look('mfp-1');
    expect(channel.asked).toEqual([]);
    channel.online = true;
    exchange.flush();
    await until('it is told', () => channel.asked.length === 1);
    exchange.flush();
    expect(reported()).toEqual(['mfp-1 stopped']);
  });

  it('is told again when there was no answer', async () => {
    channel.answers.push(() => Promise.reject(new ChannelTimeout('no answer')));
    await watch.look('mfp-1');
    await until('it is told again', () => channel.asked.length === 2);
    expect(reported()).toEqual(['mfp-1 idle', 'mfp-1 idle']);
  });

  it('is given up after a few tries, until the next login', async () => {
    for (let i = 0; i < 4; i++) channel.answers.push(() => Promise.reject(new ChannelTimeout('no answer')));
    await watch.look('mfp-1');
    await until('four tries', () => channel.asked.length === 4);
    await until('it is told after the login', () => {
      exchange.flush();
      return channel.asked.length === 5;
    });
  });

  it('is not told again when it was refused', async () => {
    channel.answers.push(() => Promise.reject(new ExchangeRefused('unknown-device', '')));
    await watch.look('mfp-1');
    await until('it is refused', () => channel.asked.length === 1);
    exchange.flush();
    await watch.look('mfp-1');
    expect(channel.asked).toHaveLength(1);
  });
});
