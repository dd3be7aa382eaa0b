import { Snmpd, type SnmpdObject, type SnmpdUser } from '../../../test/support/device/snmpd';
import { SNMP_PRINTER } from '../../../test/support/device/snmp-printer';
import { SnmpAccess, snmpField } from '../configuration/snmp-access';
import type { SettingName } from '../../protocol/device-settings';
import { SnmpDevice } from './snmp-device';

const USERS: readonly SnmpdUser[] = [
  { name: 'reader', authentication: 'authpass256', privacy: 'privpass256' },
  { name: 'writer', authentication: 'authpass256', privacy: 'privpass256', writes: true },
];
const v3 = (user: string) => ({
  ...{ version: '3', user, write: true },
  ...{ authentication: { password: 'authpass256' }, privacy: { password: 'privpass256' } },
});
const GENERAL = '1.3.6.1.2.1.43.5.1.1';
const [LOCATION, CONTACT, SYSTEM_NAME] = ['1.3.6.1.2.1.1.6.0', '1.3.6.1.2.1.1.4.0', '1.3.6.1.2.1.1.5.0'];
/** The printer of the tests; the names that are set are its own objects, or may be written. */
const OBJECTS: readonly SnmpdObject[] = [
  ...SNMP_PRINTER.filter(([oid]) => ![LOCATION, CONTACT, SYSTEM_NAME].includes(oid)),
  [LOCATION, 'octet_str', 'Hall', 'rw'],
  [CONTACT, 'octet_str', 'Bureau 2', 'rw'],
  [SYSTEM_NAME, 'octet_str', 'PRN-HALL'],
  [`${GENERAL}.4.1`, 'octet_str', 'Nobuko', 'rw'],
  [`${GENERAL}.5.1`, 'octet_str', 'Acme service', 'rw'],
];

describe('settings by SNMP', () => {
  let agent: Snmpd;
  beforeAll(async () => {
    agent = await Snmpd.start(OBJECTS, USERS);
  });
  afterAll(() => agent.stop());

  const deviceWith = (field: object) => {
    const access = { ...snmpField.parse({ port: agent.port, ...field }), host: '127.0.0.1' };
    return new SnmpDevice(new SnmpAccess(access, '/'), []);
  };
  const valuesOf = async (field: object = {}) =>
    Object.fromEntries((await deviceWith(field).settings()).map(({ name, value }) => [name, value]));

  it('are read as snmpget reads them, and cannot be set without a right to write', async () => {
    const settings = await deviceWith({}).settings();
    expect(settings.every(({ settable, source }) => !settable && source === 'snmp')).toBe(true);
    expect(await valuesOf()).toEqual({
      name: 'LaserMax in the hall',
      location: await agent.get(LOCATION),
      contact: await agent.get(CONTACT),
      'system-name': await agent.get(SYSTEM_NAME),
      operator: 'Nobuko',
      'service-person': await agent.get(`${GENERAL}.5.1`),
    });
    await expect(deviceWith({}).setSettings([['location', 'x']])).rejects.toThrow(/no right to write/);
  });

  it.each<[string, object, SettingName, string, string]>([
    ['version 1', { version: '1', writeCommunity: 'wr1te-community' }, 'location', 'Hall 2', LOCATION],
    ['version 2c', { writeCommunity: 'wr1te-community' }, 'contact', 'Bureau 3', CONTACT],
    ['version 3', v3('writer'), 'service-person', 'Example service', `${GENERAL}.5.1`],
    ['version 2c, empty', { writeCommunity: 'wr1te-community' }, 'operator', '', `${GENERAL}.4.1`],
  ])('are set in %s, and read back as snmpget reads them', async (_version, field, name, value, oid) => {
    const device = deviceWith(field);
    expect((await device.settings()).find((each) => each.name === name)).toMatchObject({ settable: true });
    expect(await device.setSettings([[name, value]])).toEqual(new Map());
    expect((await valuesOf(field))[name]).toBe(value);
    expect(await agent.get(oid)).toBe(value);
  });

  it.each<[string, object, RegExp]>([
    ['a user that may only read', v3('reader'), /NoAccess|AuthorizationError/],
    ['an object that is read-only', { writeCommunity: 'wr1te-community' }, /NotWritable/],
  ])('are refused for %s', async (_what, field, message) => {
    const refusals = await deviceWith(field).setSettings([['system-name', 'OTHER']]);
    expect(refusals.get('system-name')).toMatch(message);
    expect(await agent.get(SYSTEM_NAME)).toBe('PRN-HALL');
  });

  it('are not set with a wrong community: the device does not answer', async () => {
    const device = deviceWith({ writeCommunity: 'public' });
    await expect(device.setSettings([['location', 'Elsewhere']])).resolves.toEqual(
      new Map([['location', expect.stringMatching(/NoAccess/)]]),
    );
    expect(await agent.get(LOCATION)).not.toBe('Elsewhere');
  });
});
