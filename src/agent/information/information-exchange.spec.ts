import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { ScriptedDevice, DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { until } from '../../../test/support/until';
import type { DeviceAlert, Supply } from '../../protocol/device-information';
import { acquireInformation, reportInformation } from '../../protocol/control-channel';
import { containerExcess } from '../channel/json-container';
import { ChannelTimeout, ExchangeRefused } from '../channel/control-channel.errors';
import { DevicePoller } from './device-poller';
import { InformationExchange } from './information-exchange';

let device: ScriptedDevice;
let channel: ScriptedChannel;
let poller: DevicePoller;
let exchange: InformationExchange;

beforeEach(() => {
  [device, channel] = [new ScriptedDevice(), new ScriptedChannel()];
  const { journal } = recordedJournal();
  poller = new DevicePoller(new Map([['mfp-1', device]]), journal, { answerMs: 50 });
  const devices = ['mfp-1', 'mfp-2'].map((id) => ({ id, model: `model of ${id}`, serialNumber: `serial of ${id}` }));
  exchange = new InformationExchange((id) => devices.find((each) => each.id === id), poller, channel, journal, {
    firstMs: 5,
  });
});
afterEach(() => {
  exchange.stop();
  poller.stop();
});

const NO_DETAILS = {
  ...{ inputs: [], outputs: [], covers: [], display: [], upSeconds: null },
  ...{ printerName: '', description: '', systemName: '', location: '', contact: '' },
};
const acquire = (deviceId: string) => channel.ask(acquireInformation, { deviceId });
const reported = () =>
  channel.asked.map((text) => {
    const { deviceId, information } = JSON.parse(text.slice('report-information '.length)) as {
      deviceId: string;
      information: typeof DEVICE_INFORMATION;
    };
    return `${deviceId} ${information.reached ? information.state : 'gone'}`;
  });

describe('InformationExchange', () => {
  it('acquires the information from the device on request', async () => {
    expect(await acquire('mfp-1')).toEqual(DEVICE_INFORMATION);
  });
  it('returns the latest information if the device does not answer', async () => {
    await acquire('mfp-1');
    device.fault = 'unreachable';
    const problem = { code: 'unreachable', detail: 'connection refused' };
    expect(await acquire('mfp-1')).toEqual({ ...DEVICE_INFORMATION, reached: false, problem });
  });
  it('uses the configuration for a device without an address', async () => {
    const named = { model: 'model of mfp-2', serialNumber: 'serial of mfp-2' };
    expect(await acquire('mfp-2')).toMatchObject({ reached: false, state: 'unknown', ...named });
  });
  it('leaves out the details if they do not fit into one stanza, and everything else always fits', async () => {
    const text = (count: number) => '&'.repeat(count); // 5 bytes each in XML
    const names = Array.from({ length: 24 }, (_, index) => `${'n'.repeat(46)}${index + 10}`);
    const details = { ...NO_DETAILS, contact: 'Bureau 2' };
    device.says = { ...DEVICE_INFORMATION, details };
    expect((await acquire('mfp-1')).details?.contact).toBe('Bureau 2');
    device.says = {
      ...DEVICE_INFORMATION,
      details: { ...details, display: Array<string>(4).fill(text(60)), description: text(200) },
      alerts: Array<DeviceAlert>(24).fill({ severity: 'error', code: text(64), text: text(200) }),
      supplies: Array<Supply>(24).fill({
        name: text(100),
        type: text(40),
        colour: text(40),
        level: null,
        someLeft: true,
      }),
      ...{ model: text(200), serialNumber: text(100), firmwareVersion: text(100) },
      counters: Object.fromEntries(names.map((name) => [name, Number.MAX_SAFE_INTEGER])),
      sources: { counters: Object.fromEntries(names.map((name) => [name, 'vendor' as const])) },
      unanswered: { protocol: 'ipp', code: 'unreachable', detail: text(500) },
    };
    const information = await acquire('mfp-1');
    expect(containerExcess(reportInformation, { deviceId: 'mfp-1', information })).toBe(0);
    expect(information.details).toBeUndefined();
    expect(information.alerts).toHaveLength(24);
  });
  it('marks what is from the configuration', async () => {
    device.says = { ...DEVICE_INFORMATION, model: '', sources: { serialNumber: 'snmp', counters: {} } };
    expect((await acquire('mfp-1')).sources).toEqual({ model: 'configuration', serialNumber: 'snmp', counters: {} });
  });
  it('refuses a device whose information may not be reported', async () => {
    await expect(acquire('mfp-3')).rejects.toMatchObject({ code: 'operation-unsupported' });
  });

  const alert = { severity: 'error', code: 'media-jam', text: 'Jam' } as const;
  it.each<[what: string, change: () => void, reports: string[]]>([
    ['the state', () => (device.says = { ...DEVICE_INFORMATION, state: 'processing' }), ['mfp-1 processing']],
    ['an alert', () => (device.says = { ...DEVICE_INFORMATION, alerts: [alert] }), ['mfp-1 idle']],
    ['the firmware', () => (device.says = { ...DEVICE_INFORMATION, firmwareVersion: '3' }), ['mfp-1 idle']],
    ['the reachability', () => (device.fault = 'unreachable'), ['mfp-1 gone']],
    ['a counter', () => (device.says = { ...DEVICE_INFORMATION, counters: { impressions: 5 } }), []],
    ['a supply', () => (device.says = { ...DEVICE_INFORMATION, supplies: [] }), []],
    ['nothing', () => undefined, []],
  ])('reports relevant changes only: %s', async (_what, change, reports) => {
    await poller.poll('mfp-1');
    await until('the first report', () => channel.asked.length >= 1);
    channel.asked.length = 0;
    change();
    await poller.poll('mfp-1');
    await poller.poll('mfp-1');
    expect(reported()).toEqual(reports);
  });

  it('reports nothing that the control plane has just acquired', async () => {
    channel.online = false;
    await acquire('mfp-1');
    channel.online = true;
    exchange.flush();
    await poller.poll('mfp-1');
    expect(channel.asked).toEqual([]);
  });

  it('reports the latest state once when the channel is online again', async () => {
    channel.online = false;
    await poller.poll('mfp-1');
    device.says = { ...DEVICE_INFORMATION, state: 'stopped' };
    await poller.poll('mfp-1');
    expect(channel.asked).toEqual([]);
    channel.online = true;
    exchange.flush();
    await until('the report', () => channel.asked.length >= 1);
    exchange.flush();
    expect(reported()).toEqual(['mfp-1 stopped']);
  });

  it('retries a report that was not answered', async () => {
    channel.answers.push(() => Promise.reject(new ChannelTimeout('no answer')));
    await poller.poll('mfp-1');
    await until('the second report', () => channel.asked.length >= 2);
    expect(reported()).toEqual(['mfp-1 idle', 'mfp-1 idle']);
  });

  it('stops retrying after a few attempts, until the next login', async () => {
    for (let i = 0; i < 4; i++) channel.answers.push(() => Promise.reject(new ChannelTimeout('no answer')));
    await poller.poll('mfp-1');
    await until('four attempts', () => channel.asked.length >= 4);
    await until('the report after the login', () => {
      exchange.flush();
      return channel.asked.length >= 5;
    });
  });

  it('does not retry a refused report', async () => {
    channel.answers.push(() => Promise.reject(new ExchangeRefused('unknown-device', '')));
    await poller.poll('mfp-1');
    await until('the refusal', () => channel.asked.length >= 1);
    exchange.flush();
    await poller.poll('mfp-1');
    expect(channel.asked).toHaveLength(1);
  });
});
