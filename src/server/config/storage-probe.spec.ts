import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallFilesystem, type SmallFilesystem } from '../../../test/support/small-filesystem';
import { StorageProbe } from './storage-probe';

describe('the storage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-storage-'));
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is fine while it is writable; no file remains', async () => {
    await expect(new StorageProbe(folder).check()).resolves.toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is unwritable if its folder does not exist; the message names no path', async () => {
    await expect(new StorageProbe(join(folder, 'gone')).check()).rejects.toMatchObject({
      reason: 'unwritable',
      message: expect.not.stringContaining(folder) as string,
    });
  });

  it('is probed at most once in a few seconds', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000_000);
    const probe = new StorageProbe(join(folder, 'away'));
    const first = probe.check();
    expect(probe.check()).toBe(first);
    await expect(first).rejects.toThrow('unwritable');
    expect(probe.check()).toBe(first);
    clock.mockReturnValue(1_005_000);
    const second = probe.check();
    expect(second).not.toBe(first);
    await expect(second).rejects.toThrow('unwritable');
  });

  describe('on a file system that is full', () => {
    let small: SmallFilesystem | undefined;
    beforeAll(async () => void (small = await smallFilesystem(256)));
    afterAll(() => small?.remove());

    it('is full, and fine again after space was freed', async () => {
      if (!small) return;
      const filler = join(small.folder, 'filler');
      expect(() => writeFileSync(filler, Buffer.alloc(512 * 1024))).toThrow('ENOSPC');
      await expect(new StorageProbe(small.folder).check()).rejects.toMatchObject({ reason: 'storage-full' });
      rmSync(filler);
      await expect(new StorageProbe(small.folder).check()).resolves.toBeUndefined();
      expect(readdirSync(small.folder)).toEqual([]);
    });
  });
});
