import { Snmpd, type SnmpdObject, type SnmpdUser } from '../../../test/support/device/snmpd';
import { SNMP_PRINTER, SNMP_PRINTER_INFORMATION } from '../../../test/support/device/snmp-printer';
import { deviceInformation } from '../../protocol/device-information';
import { MergedDevice } from '../device/merged-device';
import { SnmpAccess, snmpField } from '../configuration/snmp-access';
import { SHIPPED_METERS } from './shipped-meters';
import { SnmpClient } from './snmp-client';
import { SnmpDevice } from './snmp-device';

const USERS: readonly SnmpdUser[] = [
  { name: 'sha', authentication: 'authpass123', privacy: 'privpass123', protocol: 'SHA' },
  { name: 'sha256', authentication: 'authpass256', privacy: 'privpass256' },
  { name: 'sha512', authentication: 'authpass512', privacy: 'privpass512', protocol: 'SHA-512' },
  { name: 'open', authentication: 'authpassopen' },
];
const v3 = (user: string, protocol: string, password: string, privacy?: string) => ({
  version: '3',
  user,
  authentication: { protocol, password },
  ...(privacy !== undefined && { privacy: { password: privacy } }),
});

const accessAt = (port: number, field: object = {}): SnmpAccess =>
  new SnmpAccess({ ...snmpField.parse({ port, ...field }), host: '127.0.0.1' }, '/');

describe('a device that is read by SNMP', () => {
  let agent: Snmpd;
  beforeAll(async () => {
    agent = await Snmpd.start(SNMP_PRINTER, USERS);
  });
  afterAll(() => agent.stop());

  const read = (field: object = {}) => new SnmpDevice(accessAt(agent.port, field), SHIPPED_METERS).information();

  it.each<[string, object]>([
    ['version 1', { version: '1' }],
    ['version 2c', {}],
    ['version 2c and a secret community', { community: 's3cret-community' }],
    ['version 3 with SHA and AES', v3('sha', 'SHA', 'authpass123', 'privpass123')],
    ['version 3 with SHA-256 and AES', v3('sha256', 'SHA-256', 'authpass256', 'privpass256')],
    ['version 3 with SHA-512 and AES', v3('sha512', 'SHA-512', 'authpass512', 'privpass512')],
    ['version 3 without privacy', v3('open', 'SHA-256', 'authpassopen')],
  ])('reports the same in %s', async (_what, field) => {
    const information = await read(field);
    expect(information).toMatchObject(SNMP_PRINTER_INFORMATION);
    expect(information.supplies).toEqual(SNMP_PRINTER_INFORMATION.supplies);
    expect(deviceInformation.parse(information)).toEqual(information);
  });

  it('reports what snmpget reads', async () => {
    const { supplies, details, serialNumber } = await read();
    expect(await agent.get('1.3.6.1.2.1.43.11.1.1.9.1.1')).toBe(String(supplies[0]!.level));
    expect(await agent.get('1.3.6.1.2.1.43.5.1.1.17.1')).toBe(serialNumber);
    expect(await agent.get('1.3.6.1.2.1.1.6.0')).toBe(details!.location);
    const ticks = Number(await agent.get('1.3.6.1.2.1.1.3.0'));
    expect(details!.upSeconds).toBeLessThanOrEqual(ticks / 100);
  });

  it('says which alerts there were, and when, if it knows', async () => {
    const alert = (index: number, code: number, text: string, ticks: number): SnmpdObject[] => [
      [`1.3.6.1.2.1.43.18.1.1.2.1.${index}`, 'integer', 3],
      [`1.3.6.1.2.1.43.18.1.1.4.1.${index}`, 'integer', 8],
      [`1.3.6.1.2.1.43.18.1.1.7.1.${index}`, 'integer', code],
      [`1.3.6.1.2.1.43.18.1.1.8.1.${index}`, 'octet_str', text],
      [`1.3.6.1.2.1.43.18.1.1.9.1.${index}`, 'timeticks', ticks],
    ];
    const rows = [
      ...alert(1, 8, 'Jam in tray 1', 1),
      ...alert(2, 1801, '', 3),
      ...alert(3, 13, 'of a run before the last restart', 4_000_000_000),
      ...alert(4, 13, 'without a time', 0),
    ];
    const withAlerts = await Snmpd.start([...SNMP_PRINTER.filter(([oid]) => !oid.includes('.43.18.')), ...rows]);
    try {
      const device = new MergedDevice({ snmp: new SnmpDevice(accessAt(withAlerts.port), SHIPPED_METERS) }, [
        'information',
      ]);
      const { alerts } = await device.information();
      expect(alerts.map(({ code }) => code)).toEqual(['media-jam', 'media-empty', 'media-empty', 'toner-low']);
      expect(device.alertHistory).toMatchObject([
        { severity: 'error', code: 'media-jam', text: 'Jam in tray 1' },
        { severity: 'report', code: 'alert-removed', text: '' },
        { severity: 'error', code: 'media-empty', text: 'of a run before the last restart' },
        { severity: 'error', code: 'media-empty', text: 'without a time' },
      ]);
      const [jam, removal, ...others] = device.alertHistory.map(({ at }) => at?.getTime());
      expect(removal! - jam!).toBe(20);
      expect(others).toEqual([undefined, undefined]);
    } finally {
      await withAlerts.stop();
    }
    // what another one has said before is not of a device that no longer answers
    const gone = new MergedDevice({ snmp: new SnmpDevice(accessAt(withAlerts.port), []) }, ['information']);
    await expect(gone.information()).rejects.toThrow();
    expect(gone.alertHistory).toEqual([]);
  });

  it('is recognized by the MAC address of its first network interface that has one', async () => {
    const interfaces = (first: string, second: string): SnmpdObject[] => [
      ...[1, 2].map((index): SnmpdObject => [`1.3.6.1.2.1.2.2.1.3.${index}`, 'integer', 6]),
      ['1.3.6.1.2.1.2.2.1.6.1', 'octet_str', first],
      ['1.3.6.1.2.1.2.2.1.6.2', 'octet_str', second],
    ];
    const withInterfaces = await Snmpd.start([...SNMP_PRINTER, ...interfaces('0x0025070000aa', '0x0025070000bb')]);
    try {
      const device = new SnmpDevice(accessAt(withInterfaces.port), SHIPPED_METERS);
      await device.information();
      expect(device.identity).toMatchObject({ serialNumber: 'AC90001234', mac: '00:25:07:00:00:aa' });
      const read = await withInterfaces.get('1.3.6.1.2.1.2.2.1.6.1');
      expect(read.trim().toLowerCase()).toBe(device.identity.mac.replaceAll(':', ' '));
      await withInterfaces.restart([...SNMP_PRINTER, ...interfaces('0x000000000000', '0x0025070000bb')]);
      await device.information();
      expect(device.identity.mac).toBe('00:25:07:00:00:bb');
    } finally {
      await withInterfaces.stop();
    }
  });

  it.each<[string, object, RegExp]>([
    ['user', v3('who', 'SHA-256', 'authpass256', 'privpass256'), /does not know the user/],
    ['authentication password', v3('sha256', 'SHA-256', 'wrongpass256', 'privpass256'), /authentication password/],
    ['privacy', v3('open', 'SHA-256', 'authpassopen', 'privpassopen'), /security level/],
  ])('says that the %s is not right', async (_what, field, message) => {
    await expect(read(field)).rejects.toMatchObject({
      problem: 'login-refused',
      message: expect.stringMatching(message),
    });
  });

  it('is synchronized again when its engine has lost its time', async () => {
    const client = new SnmpClient(accessAt(agent.port, v3('sha256', 'SHA-256', 'authpass256', 'privpass256')));
    const serial = async () => (await client.rows(['1.3.6.1.2.1.43.5.1.1.17'])).rows.get('1')?.[0]?.toString();
    expect(await serial()).toBe('AC90001234');
    await agent.restart(SNMP_PRINTER, 3);
    expect(await serial()).toBe('AC90001234');
    client.close();
  });
});
