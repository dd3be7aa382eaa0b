import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedDevice } from '../../../test/support/device/scripted-device';
import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { acceptIdentity } from '../../protocol/control-channel';
import { differenceOf, UNIDENTIFIED, type DeviceIdentity } from '../../protocol/device-identity';
import { DevicePoller } from '../information/device-poller';
import { acceptDevice } from '../main';
import { IdentifiedDevice } from './identified-device';
import { deviceIdOf, identityOf } from './identity';
import { IdentityAcceptance } from './identity-acceptance';
import { KnownIdentities } from './known-identities';

const NONE = UNIDENTIFIED;
const A: DeviceIdentity = { serialNumber: 'A-1', uuid: 'urn:uuid:a', mac: '', model: 'Acme Laser' };
const B: DeviceIdentity = { serialNumber: 'B-2', uuid: 'urn:uuid:b', mac: '', model: 'Acme Laser' };
const [MAC_A, MAC_B] = ['00:25:07:00:00:0a', '00:25:07:00:00:0b'];
const without = (of: DeviceIdentity, ...names: (keyof DeviceIdentity)[]): DeviceIdentity => ({
  ...of,
  ...Object.fromEntries(names.map((name) => [name, ''])),
});

describe('who a device is', () => {
  it('is read from its attributes', () => {
    const attributes = new Map([
      ['printer-uuid', ['urn:uuid:4509a320-00a0-008f-00b6-002507510eca']],
      ['printer-device-id', ['MANUFACTURER:Acme;MODEL:Laser 9;SN:77;']],
    ]);
    expect(identityOf(attributes, '77')).toEqual({
      serialNumber: '77',
      uuid: 'urn:uuid:4509a320-00a0-008f-00b6-002507510eca',
      mac: '',
      model: 'Acme Laser 9',
    });
    expect(deviceIdOf(attributes)('SN')).toBe('77');
    expect(identityOf(new Map(), '')).toEqual(NONE);
  });

  it.each<[string, DeviceIdentity, DeviceIdentity, string | undefined]>([
    ['the same', A, A, undefined],
    ['the same, written in another way', A, { ...A, serialNumber: ' a1 ' }, undefined],
    ['the same with a new network card', A, { ...A, uuid: 'urn:uuid:c' }, undefined],
    ['the same model', A, B, 'serial number "B-2" instead of "A-1"'],
    ['without a serial number', without(A, 'serialNumber'), without(B, 'serialNumber'), 'UUID "urn:uuid:b"'],
    ['one of them without a serial number', A, without(B, 'serialNumber'), 'UUID "urn:uuid:b" instead of'],
    ['with nothing but a MAC address', { ...NONE, mac: MAC_A }, { ...NONE, mac: MAC_B }, `MAC address "${MAC_B}"`],
    [
      'one of them without a serial number, and another MAC address',
      { ...A, mac: MAC_A },
      { ...NONE, mac: MAC_B },
      MAC_B,
    ],
    ['mute, with its MAC address', { ...A, mac: MAC_A }, { ...NONE, mac: MAC_A }, undefined],
    ['the same with another MAC address', { ...A, mac: MAC_A }, { ...A, mac: MAC_B }, undefined],
    ['with nothing but a model', { ...NONE, model: 'Acme X' }, { ...NONE, model: 'Acme Y' }, 'is a "Acme Y"'],
    ['mute, as always', NONE, NONE, undefined],
    ['mute, which it never was', A, NONE, 'no serial number and no UUID, and "A-1" is expected'],
    ['of the same model, but mute otherwise', A, { ...NONE, model: A.model }, 'and "A-1" is expected'],
    ['mute, with only a model before', { ...NONE, model: 'Acme X' }, NONE, undefined],
    ['first seen', NONE, B, undefined],
  ])('decides whether it is another one: %s', (_what, expected, found, difference) => {
    const said = differenceOf(expected, found, expected);
    if (difference === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(difference);
  });
});

/** A device whose identity a test changes. */
class Someone extends ScriptedDevice {
  identity = A;
}

describe('a device that its agent knows', () => {
  let folder: string;
  let inner: Someone;
  let known: KnownIdentities;
  const { journal } = recordedJournal();
  const open = (serialNumber = '', id = 'mfp-1') => new IdentifiedDevice(inner, { id, serialNumber }, known);
  const swapped = (text: RegExp) => ({ problem: 'other-device', message: expect.stringMatching(text) });
  const file = () => join(folder, 'device-identities.json');
  const stored = async () => (JSON.parse(await readFile(file(), 'utf8')) as { devices: object }).devices;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-identity-'));
    inner = new Someone();
    known = new KnownIdentities(folder, journal);
  });
  afterEach(() => removeFolder(folder));

  it('is learnt when it is reached first, and from then on no other one is taken for it', async () => {
    await open().information();
    expect(await stored()).toEqual({ 'mfp-1': A });
    inner.identity = B;
    known = new KnownIdentities(folder, journal); // the agent was restarted
    const device = open();
    await expect(device.information()).rejects.toMatchObject(swapped(/serial number "B-2" instead of "A-1"/));
    for (const sent of [
      device.identify(),
      device.printTestPage('page'),
      device.restart(),
      device.sendFirmware('file', () => undefined),
    ])
      await expect(sent).rejects.toMatchObject(swapped(/B-2/));
    expect(inner.did).toEqual([]);
    expect(await stored()).toEqual({ 'mfp-1': A });
    inner.identity = A;
    await device.restart();
    expect(inner.did).toEqual(['restart']);
  });

  it('is compared with the serial number of the configuration, from the start', async () => {
    await expect(open('C-3').information()).rejects.toMatchObject(swapped(/"A-1" instead of "C-3"/));
    await open('a1').information();
    // the owner has replaced the device, and its serial number in the configuration
    inner.identity = B;
    await open('B-2').information();
    await expect(open('').information()).rejects.toMatchObject(swapped(/"B-2" instead of "A-1"/));
  });

  it('has marks added that it did not report before', async () => {
    inner.identity = without(A, 'uuid');
    await open().information();
    inner.identity = A;
    await open().information();
    expect(await stored()).toEqual({ 'mfp-1': A });
  });

  it('is replaced by what the owner accepts, while the agent runs', async () => {
    const config = join(folder, 'agent.json');
    const applications = [{ id: 'web', title: 'Web', target: 'http://127.0.0.1:80' }];
    const devices = [{ id: 'mfp-1', name: 'Hall', kind: 'mfp', applications }];
    await writeFile(config, JSON.stringify({ devices }));
    const said = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const device = open();
    await device.information();
    inner.identity = B;
    await expect(device.information()).rejects.toMatchObject({ problem: 'other-device' });
    await acceptDevice('mfp-1', config);
    // another device is learnt meanwhile
    await open('', 'mfp-2').information();
    await device.information();
    expect(await stored()).toEqual({ 'mfp-1': B, 'mfp-2': B });
    expect(said.mock.calls.join('')).toContain('mfp-1: "A-1" is forgotten; the next device that answers is taken');
    jest.restoreAllMocks();
  });

  it('is reported with its marks, and with those of another one at its address', async () => {
    inner.identity = without(A, 'uuid');
    expect((await open().information()).identity).toEqual(without(A, 'uuid'));
    inner.identity = without(A, 'serialNumber');
    expect((await open().information()).identity).toEqual(A);
    inner.identity = A;
    await open().information();
    inner.identity = B;
    await open('', 'mfp-2').information();
    const swappedWith = { expected: A, found: B, deviceId: 'mfp-2' };
    await expect(open().information()).rejects.toMatchObject({
      message: expect.stringMatching(/instead of "A-1"$/),
      otherDevice: swappedWith,
    });
    inner.identity = { ...B, serialNumber: 'C-3', uuid: 'urn:uuid:c' };
    await expect(open().information()).rejects.not.toHaveProperty('otherDevice.deviceId');
  });

  describe('when an administrator of the server accepts another one', () => {
    let channel: ScriptedChannel;
    let poller: DevicePoller;
    const accept = (identity: DeviceIdentity, deviceId = 'mfp-1') =>
      channel.ask(acceptIdentity, { deviceId, identity });
    const start = (serialNumber = '') => {
      channel = new ScriptedChannel();
      poller = new DevicePoller(new Map([['mfp-1', open(serialNumber)]]), journal);
      const devices = [{ id: 'mfp-1', serialNumber }];
      new IdentityAcceptance({ devices, known, poller, channel, journal });
    };
    beforeEach(() => start());
    afterEach(() => poller.stop());

    it('takes the one that was found, and no other', async () => {
      await open().information();
      inner.identity = B;
      await expect(accept({ ...B, serialNumber: 'C-3' })).rejects.toMatchObject({ code: 'wrong-state' });
      await expect(accept(B, 'mfp-9')).rejects.toMatchObject({ code: 'unknown-device' });
      expect(await stored()).toEqual({ 'mfp-1': A });
      await accept(B);
      expect(await stored()).toEqual({ 'mfp-1': B });
      expect(poller.known('mfp-1')).toMatchObject({ reached: true, identity: B });
      await accept(B); // again
      inner.identity = A;
      await expect(accept(B)).rejects.toMatchObject({ code: 'wrong-state' });
    });

    it('leaves the serial number in the configuration to the owner', async () => {
      start('A-1');
      inner.identity = B;
      await expect(accept(B)).rejects.toMatchObject({
        code: 'wrong-state',
        detail: expect.stringMatching(/"A-1": its owner/),
      });
      expect(await stored().catch(() => ({}))).toEqual({});
    });
  });

  it('is not taken while the file of the identities cannot be read', async () => {
    await open().information();
    await writeFile(file(), '{"devices":');
    known = new KnownIdentities(folder, journal);
    inner.identity = B;
    await expect(open().information()).rejects.toMatchObject(swapped(/cannot be read: remove it/));
    expect(await readFile(file(), 'utf8')).toBe('{"devices":');
    await rm(file());
    await open().information();
    expect(await stored()).toEqual({ 'mfp-1': B });
  });
});
