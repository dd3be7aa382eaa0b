import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { UNIDENTIFIED } from '../../protocol/device-identity';
import { LIMITS } from '../../protocol/limits';
import { FoundDevices } from './found-devices';
import { ProbeTimes } from './probe-times';
import type { Sighting } from './sighting';

const HOUR_MS = 60 * 60_000;
const at = (address: string, marks: Partial<Sighting['identity']> = {}, more: Partial<Sighting> = {}): Sighting => ({
  ...{ address, identity: { ...UNIDENTIFIED, ...marks }, model: '', kind: 'printer', location: '', foundBy: ['ipp'] },
  ...{ services: {}, ...more },
});

let folder: string;
let now: number;
let journal: RecordedJournal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-found-'));
  now = Date.parse('2030-01-01T09:00:00Z');
  journal = recordedJournal();
});
afterEach(() => removeFolder(folder));
const opened = async (): Promise<FoundDevices> => {
  const found = new FoundDevices(folder, journal.journal, () => now);
  await found.load();
  return found;
};

describe('found devices', () => {
  it('keep their ID in whichever way and wherever they are found again, also after a restart', async () => {
    let found = await opened();
    const uuid = 'urn:uuid:4509a320-00a0-008f-00b6-00250751ab01';
    found.see(
      at(
        '10.0.0.5',
        { uuid },
        { foundBy: ['dns-sd'], model: 'Acme', services: { web: { scheme: 'https', port: 443 } } },
      ),
    );
    expect(await found.save()).toBe(true);
    const { id } = found.all[0]!;
    found = await opened();
    now += HOUR_MS;
    const ipp = { scheme: 'ipp', port: 631, path: '' } as const;
    found.see(at('10.0.0.5', { serialNumber: 'A-1' }, { foundBy: ['ipp', 'snmp'], kind: 'mfp', services: { ipp } }));
    expect(found.all).toEqual([
      {
        ...{ id, address: '10.0.0.5', identity: { ...UNIDENTIFIED, serialNumber: 'A-1', uuid } },
        ...{ model: 'Acme', kind: 'mfp', location: '', foundBy: ['dns-sd', 'ipp', 'snmp'] },
        services: { ipp, web: { scheme: 'https', port: 443 } },
        ...{ firstFoundAt: '2030-01-01T09:00:00.000Z', foundAt: '2030-01-01T10:00:00.000Z' },
      },
    ]);
    found.see(at('10.0.0.9', { serialNumber: 'a1' }));
    expect(found.all).toMatchObject([{ id, address: '10.0.0.9', services: {} }]);
  });

  it('are replaced by another device at their address', async () => {
    const found = await opened();
    found.see(at('10.0.0.5', { serialNumber: 'A-1' }));
    found.see(at('10.0.0.5', { serialNumber: 'B-2' }));
    expect(found.all.map(({ identity }) => identity.serialNumber)).toEqual(['B-2']);
  });

  it('are not stored again for the time at which they were found, unless it is old', async () => {
    const found = await opened();
    found.see(at('10.0.0.5'));
    expect(await found.save()).toBe(true);
    now += LIMITS.FOUND_AGAIN_MS - 1;
    found.see(at('10.0.0.5'));
    expect(await found.save()).toBe(false);
    now += 1;
    found.see(at('10.0.0.5'));
    expect(await found.save()).toBe(true);
  });

  it('are forgotten when they were not found for long, or are gone', async () => {
    const found = await opened();
    found.see(at('10.0.0.5'));
    now += LIMITS.FOUND_DEVICE_MS;
    found.see(at('10.0.0.6'));
    found.see(at('10.0.0.7'));
    found.forget(({ address }) => address === '10.0.0.7');
    expect(found.all.map(({ address }) => address)).toEqual(['10.0.0.6']);
  });

  it('are bounded, which is logged once', async () => {
    const found = await opened();
    for (let n = 0; n < LIMITS.FOUND_DEVICES + 5; n++) found.see(at(`10.0.${n >> 8}.${n & 255}`));
    expect(found.all).toHaveLength(LIMITS.FOUND_DEVICES);
    expect(journal.messages()).toHaveLength(1);
  });

  it('are looked for again if their file is damaged', async () => {
    await writeFile(join(folder, 'found-devices.json'), '{"version":1,"devices":[{"id":1}]}');
    expect((await opened()).all).toEqual([]);
    expect(journal.messages()).toHaveLength(1);
  });
});

describe('the times of probes', () => {
  const times = async (): Promise<ProbeTimes> => {
    const probes = new ProbeTimes(folder, 24 * HOUR_MS, journal.journal, () => now);
    await probes.load(['10.0.0.5', '10.0.0.6']);
    return probes;
  };

  it('are kept over restarts, and over a change of the clock', async () => {
    const first = await times();
    expect(first.waitMs('10.0.0.5')).toBe(0);
    await first.start(['10.0.0.5']);
    now += HOUR_MS;
    const second = await times();
    expect(second.waitMs('10.0.0.5')).toBe(23 * HOUR_MS);
    expect(second.waitMs('10.0.0.6')).toBe(0);
    now -= 100 * HOUR_MS;
    expect((await times()).waitMs('10.0.0.5')).toBe(24 * HOUR_MS);
    now += 124 * HOUR_MS;
    expect((await times()).waitMs('10.0.0.5')).toBe(0);
  });

  it('count as now if their file is damaged, so that no device is woken early', async () => {
    await writeFile(join(folder, 'probe-times.json'), 'x');
    expect((await times()).waitMs('10.0.0.6')).toBe(24 * HOUR_MS);
  });
});
