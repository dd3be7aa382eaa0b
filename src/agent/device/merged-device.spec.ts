import { DEVICE_INFORMATION, ScriptedDevice } from '../../../test/support/device/scripted-device';
import { UNIDENTIFIED, type DeviceIdentity } from '../../protocol/device-identity';
import type { DeviceInformation } from '../../protocol/device-information';
import { DeviceRefused } from './device-access';
import { MergedDevice } from './merged-device';

/** A source whose identity and counters of the vendor a test sets. */
class Source extends ScriptedDevice {
  identity: DeviceIdentity = UNIDENTIFIED;
  vendorCounters: ReadonlySet<string> = new Set();
  constructor(change: Partial<DeviceInformation>) {
    super();
    this.says = { ...DEVICE_INFORMATION, ...change };
    this.identity = { ...UNIDENTIFIED, serialNumber: this.says.serialNumber };
  }
}
const alert = { severity: 'warning', code: 'toner-low', text: '' } as const;
const toner = { name: 'Black', type: 'toner', colour: 'black', level: null, someLeft: true } as const;

describe('a device that is read in two protocols', () => {
  let ipp: Source;
  let snmp: Source;
  const open = (shareAddress = true) => new MergedDevice({ ipp, snmp, shareAddress }, ['information', 'restart']);
  beforeEach(() => {
    ipp = new Source({ state: 'idle', serialNumber: '', counters: { impressions: 10, pages: 3 }, model: 'by IPP' });
    snmp = new Source({
      ...{
        state: 'stopped',
        alerts: [alert],
        supplies: [toner],
        serialNumber: 'A-1',
        model: 'by SNMP',
        firmwareVersion: '',
      },
      counters: { impressions: 128_456, copies: 7 },
    });
    snmp.vendorCounters = new Set(['copies']);
  });

  it('has each fact from the protocol that wins, and its source', async () => {
    const device = open();
    expect(await device.information()).toEqual({
      reached: true,
      problem: null,
      state: 'idle',
      alerts: [alert],
      supplies: [toner],
      counters: { impressions: 128_456, copies: 7, pages: 3 },
      model: 'by IPP',
      serialNumber: 'A-1',
      firmwareVersion: '2.14.003',
      sources: {
        state: 'ipp',
        alerts: 'snmp',
        supplies: 'snmp',
        model: 'ipp',
        serialNumber: 'snmp',
        firmwareVersion: 'ipp',
        counters: { impressions: 'snmp', copies: 'vendor', pages: 'ipp' },
      },
    });
    expect(device.identity.serialNumber).toBe('A-1');
    await device.restart();
    expect(ipp.did).toEqual(['restart']);
    expect(snmp.did).toEqual([]);
  });

  it('says which of them does not answer', async () => {
    snmp.fault = 'unreachable';
    const unanswered = { protocol: 'snmp', code: 'unreachable', detail: 'connection refused' };
    expect(await open().information()).toMatchObject({ counters: { impressions: 10, pages: 3 }, unanswered });
    snmp.fault = undefined;
    ipp.acts.information = () => {
      throw new DeviceRefused('a login', { problem: 'login-required' });
    };
    expect(await open().information()).toMatchObject({
      state: 'stopped',
      unanswered: { protocol: 'ipp', code: 'login-required' },
    });
    snmp.fault = 'unreachable';
    await expect(open().information()).rejects.toMatchObject({ problem: 'login-required' });
  });

  it('is not known by SNMP alone without a serial number', async () => {
    ipp.fault = 'unreachable';
    snmp.identity = UNIDENTIFIED;
    await expect(open().information()).rejects.toMatchObject({ name: 'DeviceUnreachable' });
  });

  it('is not mixed with another device at the other address', async () => {
    ipp.identity = { ...UNIDENTIFIED, serialNumber: 'B-2' };
    ipp.says = { ...ipp.says, serialNumber: 'B-2' };
    const read = await open(false).information();
    expect(read).toMatchObject({ serialNumber: 'B-2', counters: { impressions: 10 } });
    expect(read.unanswered).toEqual({
      protocol: 'snmp',
      code: 'other-device',
      detail: 'SNMP: the device at this address has the serial number "A-1" instead of "B-2"',
    });
    // the print server and the engine of one device may have serial numbers of their own
    expect(await open(true).information()).not.toHaveProperty('unanswered');
  });

  it('needs no IPP to be read, but for everything else', async () => {
    const device = new MergedDevice({ snmp }, ['information', 'counters']);
    expect(await device.information()).toMatchObject({ state: 'stopped', sources: { state: 'snmp' } });
    await expect(device.restart()).rejects.toThrow('restart requires "ipp"');
  });
});
