import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { until } from '../../../test/support/until';
import { startMfp, type RunningMfp } from '../../mfp/mfp';
import { parseConfiguration, type Configuration } from '../configuration/configuration';
import { DeviceList } from '../configuration/device-list';
import { IdentifiedDevice } from '../device/identified-device';
import { IppDevice } from '../device/ipp-device';
import { KnownIdentities } from '../device/known-identities';
import { MergedDevice } from '../device/merged-device';
import { DevicePoller } from '../information/device-poller';
import { DeviceFollower } from './device-follower';
import { hostOf, mayBeFollowed, movedTo } from './moved-device';

const [HERE, THERE, ELSEWHERE] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
const { journal } = recordedJournal();

/** Two simulated MFPs of one model, each at an address of its own, and the devices of an agent. */
let port: number;
let mfps: RunningMfp[];
let folder: string;
let configuration: Configuration;
let devices: DeviceList;
let poller: DevicePoller;
let follower: DeviceFollower;
let moved: string[];
let onMoved: () => void = () => undefined;

const start = async (serialNumber: string, host: string, at: number): Promise<RunningMfp> => {
  const mfp = await startMfp({ host, port: at, serialNumber }, journal);
  mfps.push(mfp);
  return mfp;
};
const stopAll = async (): Promise<void> => {
  for (const mfp of mfps.splice(0)) await mfp.stop();
};
/** The agent, with what is in its state folder. */
const agent = async (ranges: string[] = ['127.0.0.0/24'], more: object = {}): Promise<void> => {
  const device = (id: string, host: string) => ({
    ...{ id, name: id, kind: 'mfp', ipp: `ipp://${host}:${port}/ipp/print`, ...more },
    applications: [{ id: 'web', title: 'Web', target: `http://${host}:${port}` }],
  });
  const text = JSON.stringify({ ranges, devices: [device('mfp-a', HERE), device('mfp-b', THERE)] });
  configuration = parseConfiguration(text, folder);
  devices = new DeviceList(configuration.devices);
  const known = new KnownIdentities(folder, journal);
  const read = (each: Configuration['devices'][number]) =>
    new MergedDevice({ ipp: new IppDevice(each) }, each.operations);
  const identified = new Map(devices.all.map((each) => [each.id, new IdentifiedDevice(read(each), each, known)]));
  poller = new DevicePoller(identified, journal);
  moved = [];
  follower = new DeviceFollower({
    ...{ devices, ranges: configuration.ranges, known, poller, read, folder, journal },
    pauseMs: 50,
    onMoved: (each, isFollowed) => {
      moved.push(`${each.id} ${hostOf(each)}`);
      identified.get(each.id)?.moveTo(read(each), isFollowed);
      onMoved();
    },
  });
  await follower.load();
};
const stopAgent = async (): Promise<void> => {
  await follower?.stop();
  poller?.stop();
};
const poll = async (): Promise<void> => void (await Promise.all(['mfp-a', 'mfp-b'].map((id) => poller.poll(id))));
const places = () => devices.all.map((each) => `${each.id} ${hostOf(each)}`);
const serials = () => ['mfp-a', 'mfp-b'].map((id) => (poller.known(id).reached ? poller.known(id).serialNumber : ''));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-follower-'));
  mfps = [];
  port = 0;
  port = (await start('A-1', HERE, 0)).port;
  await start('B-2', THERE, port);
});
afterEach(async () => {
  onMoved = () => undefined;
  await stopAgent();
  await stopAll();
  await removeFolder(folder);
});
/** Of how many devices the addresses are in the state folder. */
const storedNow = async (): Promise<number> => {
  const text = await readFile(join(folder, 'device-addresses.json'), 'utf8').catch(() => '{}');
  const { devices: kept = {} } = JSON.parse(text) as { devices?: object };
  return Object.keys(kept).length;
};
const stored = (count: number) => until(`${count} addresses are stored`, async () => (await storedNow()) === count);
const swap = async (): Promise<void> => {
  await stopAll();
  await start('B-2', HERE, port);
  await start('A-1', THERE, port);
};

describe('two devices of one model', () => {
  it('are followed when they have swapped their addresses, also after a restart of the agent', async () => {
    await agent();
    await poll();
    expect(serials()).toEqual(['A-1', 'B-2']);
    expect(poller.known('mfp-a').followed).toBeUndefined();
    await swap();
    await until('both are followed', async () => {
      await poll();
      return moved.length >= 2;
    });
    await until('both are read', async () => {
      await poll();
      return serials().join() === 'A-1,B-2';
    });
    expect(places()).toEqual([`mfp-a ${THERE}`, `mfp-b ${HERE}`]);
    expect(devices.find('mfp-a')?.applications[0]?.target).toMatchObject({
      ...{ host: THERE, origin: `http://${THERE}:${port}` },
    });
    expect(poller.known('mfp-a').followed).toBe(true);

    await stored(2);
    await stopAgent();
    await agent();
    expect(places()).toEqual([`mfp-a ${THERE}`, `mfp-b ${HERE}`]);
    await poll();
    expect(serials()).toEqual(['A-1', 'B-2']);

    // and back
    await stopAll();
    await start('A-1', HERE, port);
    await start('B-2', THERE, port);
    await until('both are back', async () => {
      await poll();
      return serials().join() === 'A-1,B-2' && places().join() === `mfp-a ${HERE},mfp-b ${THERE}`;
    });
    expect(poller.known('mfp-a').followed).toBeUndefined();
    await stored(0);
  });

  it.each([
    ['outside the ranges', ['127.0.0.1/32'], {}],
    ['without ranges', [], {}],
    [
      'with a login that any device could get',
      ['127.0.0.0/24'],
      { login: { user: 'u', password: 'p', clearText: true } },
    ],
  ])('are kept apart and not followed %s', async (_what, ranges, more) => {
    await agent(ranges, more);
    await poll();
    await swap();
    await poll();
    await poll();
    expect(serials()).toEqual(['', '']);
    expect(poller.known('mfp-a').problem).toMatchObject({ code: 'other-device', otherDevice: { deviceId: 'mfp-b' } });
    expect(poller.known('mfp-b').problem).toMatchObject({ code: 'other-device', otherDevice: { deviceId: 'mfp-a' } });
    expect(moved).toEqual([]);
  });

  it('have the address to which they were followed stored when the agent has stopped', async () => {
    await agent();
    await poll();
    const { identity } = poller.known('mfp-b');
    await stopAll();
    await start('B-2', ELSEWHERE, port);
    let stopped: Promise<number> | undefined;
    // as soon as it is being written
    onMoved = () =>
      queueMicrotask(() => {
        stopped ??= follower.stop().then(storedNow);
      });
    await follower.discovered(identity!, ELSEWHERE);
    await until('mfp-b is followed', async () => {
      await poll();
      return moved.length > 0;
    });
    expect(await stopped).toBe(1);
  });

  it('are followed to where they were discovered, if they answer there with their marks', async () => {
    await agent();
    await poll();
    const { identity } = poller.known('mfp-b');
    await follower.discovered(identity!, HERE); // a lie: mfp-b answers at its own address
    await poll();
    await stopAll();
    await start('B-2', ELSEWHERE, port);
    await follower.discovered(identity!, ELSEWHERE);
    await until('mfp-b is followed', async () => {
      await poll();
      return moved.includes(`mfp-b ${ELSEWHERE}`);
    });
    expect(moved).toEqual([`mfp-b ${ELSEWHERE}`]);
    await follower.discovered(poller.known('mfp-a').identity!, ELSEWHERE); // another lie
    await until('mfp-b is read', async () => {
      await poll();
      return serials().join() === ',B-2';
    });
    expect(places()).toEqual([`mfp-a ${HERE}`, `mfp-b ${ELSEWHERE}`]);
  });
});

describe('a device at another host', () => {
  it('has everything there that it had at its host, and nothing else', () => {
    const text = JSON.stringify({
      devices: [
        {
          ...{ id: 'mfp', name: 'MFP', kind: 'mfp', ipp: 'ipp://10.0.0.1/ipp/print', firmware: 'tcp://10.0.0.1:9100' },
          snmp: { community: 'public' },
          applications: [
            { id: 'web', title: 'Web', target: 'http://10.0.0.1', origins: ['https://10.0.0.1', 'http://mfp.local'] },
            { id: 'box', title: 'Controller', target: 'http://10.0.0.9:8080' },
          ],
        },
      ],
    });
    const device = parseConfiguration(text, '/').devices[0]!;
    const there = movedTo(device, '10.0.0.2');
    expect(there).toMatchObject({
      ipp: { host: '10.0.0.2', uri: 'ipp://10.0.0.2/ipp/print' },
      firmware: { host: '10.0.0.2', port: 9100 },
      snmp: { host: '10.0.0.2', version: '2c' },
      applications: [
        {
          target: { origin: 'http://10.0.0.2' },
          origins: [{ origin: 'https://10.0.0.2' }, { origin: 'http://mfp.local' }],
        },
        { target: { host: '10.0.0.9', origin: 'http://10.0.0.9:8080' } },
      ],
    });
    expect(there.snmp?.community).toBe('public');
    expect(mayBeFollowed(device)).toBe(true);
  });
});
