import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { startMfp, type RunningMfp } from '../../mfp/mfp';
import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import { parseConfiguration, type Configuration, type Device } from '../configuration/configuration';
import { DeviceList } from '../configuration/device-list';
import { IppDevice } from '../device/ipp-device';
import { KnownIdentities } from '../device/known-identities';
import { MergedDevice } from '../device/merged-device';
import { mayBeDiscovered } from './address-check';
import { DeviceSearch } from './device-search';
import { FoundDevices } from './found-devices';
import { hostOf } from './moved-device';
import { probe } from './probe';
import { ProbeTimes } from './probe-times';
import type { Sighting } from './sighting';
import { TakenInDevices } from './taken-in-devices';

const [KNOWN, FOUND, ELSEWHERE] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;
const RANGES = ['127.0.0.0/30'];
const wanted = { deviceId: 'hall-2', name: 'MFP in the hall', kind: 'mfp', location: 'Hall' } as const;
const { journal } = recordedJournal();

let port: number;
let folder: string;
let mfps: RunningMfp[];
let configuration: Configuration;
let devices: DeviceList;
let known: KnownIdentities;
let found: FoundDevices;
let taken: TakenInDevices;
let search: DeviceSearch;
/** Addresses that were probed by the search. */
let probed: string[];
let followed: string[];

const start = async (serialNumber: string, host: string): Promise<RunningMfp> => {
  const mfp = await startMfp({ host, port, serialNumber }, journal);
  mfps.push(mfp);
  return mfp;
};
const services = (): Sighting['services'] => ({ ipp: { scheme: 'ipp', port, path: 'ipp/print' } });

/** The agent's parts with what is in the state folder. Addresses of loopback may be contacted here. */
const agent = async ({ takeIn = true, ranges = RANGES, more = [] as object[] } = {}): Promise<void> => {
  const first = {
    ...{ id: 'mfp-1', name: 'MFP', kind: 'mfp', ipp: `ipp://${KNOWN}:${port}/ipp/print` },
    applications: [{ id: 'web', title: 'Web', target: `http://${KNOWN}:${port}` }],
  };
  const text = JSON.stringify({ ranges, discovery: { takeIn }, devices: [first, ...more] });
  configuration = parseConfiguration(text, folder);
  devices = new DeviceList(configuration.devices);
  known = new KnownIdentities(folder, journal);
  found = new FoundDevices(folder, journal);
  const { signal } = new AbortController();
  const settings = configuration.discovery!;
  // without SNMP, which nothing answers here
  const read = (device: Device) => new MergedDevice({ ipp: new IppDevice(device) }, device.operations);
  const at = (address: string, where: Sighting['services']) => probe(address, where, { settings, read, signal });
  const mayContact = (address: string) => configuration.ranges.includes(address);
  taken = new TakenInDevices({
    ...{ devices, found, known, settings, mayContact, probe: at, folder, journal },
    onAdded: (device) => devices.add(device),
    onRemoved: (id) => devices.remove(id),
  });
  await taken.load();
  probed = [];
  followed = [];
  search = new DeviceSearch({
    ...{
      settings: { probe: true, dnsSd: false },
      ranges: configuration.ranges,
      mayContact,
      devices,
      known,
      found,
      journal,
    },
    times: new ProbeTimes(folder, 60 * 60_000, journal),
    follower: { discovered: (_marks, address) => Promise.resolve(void followed.push(address)) },
    probe: (address) => {
      probed.push(address);
      return at(address, services());
    },
    browse: () => Promise.resolve([]),
  });
  await found.load();
};
/** Probes what is due; resolves when it is stored. */
const searched = async (): Promise<void> => {
  const stored = new Promise<void>((resolve) => search.onChange(resolve));
  await search.start({ least: 0, most: 0 });
  await stored;
};
const problemOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => '',
    (error: unknown) => (error instanceof ProblemError ? `${error.code}: ${error.detail}` : String(error)),
  );
const ids = () => devices.all.map(({ id }) => id);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-taken-in-'));
  mfps = [];
  port = 0;
  port = (await start('A-1', KNOWN)).port;
  await start('B-2', FOUND);
  await agent();
  await known.learn('mfp-1', { serialNumber: 'A-1', uuid: '', mac: '', model: '' });
});
afterEach(async () => {
  search.stop();
  for (const mfp of mfps) await mfp.stop();
  await removeFolder(folder);
});

describe('a device that the agent finds', () => {
  it('is none that it has; each address is probed once in the interval, and none of its devices is', async () => {
    await searched();
    expect(found.all).toMatchObject([
      { address: FOUND, identity: { serialNumber: 'B-2' }, model: 'Platen Demo MFP 3050ci', services: services() },
    ]);
    expect(probed).toEqual([FOUND]);
    search.stop();
    await agent();
    await search.start({ least: 0, most: 0 });
    expect(found.all).toHaveLength(1);
    expect(probed).toEqual([]);
  });

  it('is followed if it is one of its devices at another address', async () => {
    await agent({ ranges: ['127.0.0.2/31'] });
    await start('A-1', ELSEWHERE);
    await searched();
    expect(followed).toEqual([ELSEWHERE]);
    expect(found.all.map(({ address }) => address)).toEqual([FOUND]);
  });

  it('becomes one of its devices, once, and stays it over a restart', async () => {
    await searched();
    const { id: foundId } = found.all[0]!;
    await taken.takeIn({ ...wanted, foundId });
    await taken.takeIn({ ...wanted, foundId }); // repeated
    expect(ids()).toEqual(['mfp-1', 'hall-2']);
    expect(found.all).toEqual([]);
    expect(await problemOf(taken.takeIn({ ...wanted, deviceId: 'hall-3', foundId }))).toMatch(/^not-found/);
    search.stop();
    await agent();
    expect(ids()).toEqual(['mfp-1', 'hall-2']);
    const device = devices.find('hall-2')!;
    expect(device).toMatchObject({
      ...{ name: wanted.name, model: 'Platen Demo MFP 3050ci', serialNumber: '', firmware: undefined },
      ipp: { host: FOUND, port },
      applications: [{ id: 'web', target: { origin: `http://${FOUND}` } }],
    });
    expect(device.rules).toMatchObject({ information: { do: 'allow' }, restart: { do: 'ask' } });
    expect(await known.of('hall-2')).toMatchObject({ serialNumber: 'B-2' });

    expect(await taken.remove('hall-2')).toBe(true);
    expect(await taken.remove('hall-2')).toBe(false);
    search.stop();
    await agent();
    expect(ids()).toEqual(['mfp-1']);
  });

  it.each([
    ['the owner does not permit it', { takeIn: false }, /owner does not permit/],
    ['its address is outside the ranges', { ranges: ['127.0.0.4/30'] }, /not in the ranges/],
    ['the configuration has a device with its address', { more: [configured('other', FOUND)] }, /has its address/],
    ['the configuration has a device with its ID', { more: [configured('hall-2', ELSEWHERE)] }, /has a device hall-2/],
    [
      'the agent has as many devices as it may have',
      { more: Array.from({ length: LIMITS.DEVICES_PER_AGENT - 1 }, (_, n) => configured(`d-${n}`, '10.0.0.1')) },
      /200 devices already/,
    ],
  ])('is not taken in, and not served any more, if %s', async (_what, changed, reason) => {
    await searched();
    const { id: foundId } = found.all[0]!;
    search.stop();
    await agent(changed);
    expect(await problemOf(taken.takeIn({ ...wanted, foundId }))).toMatch(reason);
    expect(found.all).toHaveLength(1);
    await agent();
    await taken.takeIn({ ...wanted, foundId });
    await agent(changed);
    expect(devices.all.filter((each) => each.id === 'hall-2' && hostOf(each) === FOUND)).toEqual([]);
    expect(taken.all.map((each) => taken.refusalOf(each))).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ['does not answer now', async () => mfps[1]!.stop().then(() => mfps.splice(1, 1)), /no printer answers/],
    [
      'is another one by now',
      async () => {
        await mfps.splice(1, 1)[0]!.stop();
        await start('C-3', FOUND);
      },
      /another device answers/,
    ],
    [
      'is known as another one by now',
      () => known.replace('mfp-1', { serialNumber: 'B-2', uuid: '', mac: '', model: '' }),
      /it is the device mfp-1/,
    ],
  ])('is not taken in if it %s', async (_what, happens, reason) => {
    await searched();
    const { id: foundId } = found.all[0]!;
    await happens();
    expect(await problemOf(taken.takeIn({ ...wanted, foundId }))).toMatch(reason);
    expect(ids()).toEqual(['mfp-1']);
  });

  it('is neither lost nor doubled if the agent is killed when it is stored', async () => {
    await searched();
    const { id: foundId } = found.all[0]!;
    const before = await readFile(join(folder, 'found-devices.json'), 'utf8');
    await taken.takeIn({ ...wanted, foundId });
    search.stop();
    await writeFile(join(folder, 'found-devices.json'), before); // it was killed in between
    await agent();
    await search.forgetKnown();
    expect(ids()).toEqual(['mfp-1', 'hall-2']);
    expect(found.all).toEqual([]);
  });

  it('is never silently lost: a damaged file stops the start', async () => {
    await writeFile(join(folder, 'taken-in-devices.json'), '{');
    await expect(agent()).rejects.toThrow(/cannot be read/);
  });
});

it.each([
  ['127.0.0.1', false],
  ['10.0.0.1', true],
  ['10.0.1.1', false],
  ['10.0.0.9', false],
  ['printer.local', false],
  ['::1', false],
])('%s may be discovered in the ranges 10.0.0.0/24 and 127.0.0.0/24 by the computer 10.0.0.9: %s', (address, may) => {
  const text = JSON.stringify({ ranges: ['10.0.0.0/24', '127.0.0.0/24'], discovery: {} });
  const { ranges } = parseConfiguration(JSON.stringify({ ...JSON.parse(text), devices: [] }), '/');
  expect(mayBeDiscovered(ranges, address, ['10.0.0.9'])).toBe(may);
});

/** A device of the configuration. */
function configured(id: string, host: string) {
  return {
    ...{ id, name: id, kind: 'mfp', ipp: `ipp://${host}/ipp/print` },
    applications: [{ id: 'web', title: 'Web', target: `http://${host}` }],
  };
}
