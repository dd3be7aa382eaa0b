import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { startMfp } from '../mfp';

describe('memory of the simulated MFP', () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'mfp-'));
  });
  afterEach(() => removeFolder(data));
  const start = () => startMfp({ data }, recordedJournal().journal);

  it('is kept over a restart', async () => {
    const first = await start();
    first.machine.memory.settings.contact = 'night shift';
    const { id } = first.machine.print('Long job', 'panel', 500, false);
    await first.stop();
    expect(await readdir(data)).toEqual(['boxes', 'mfp.json']);

    const second = await start();
    expect(second.machine.memory.settings.contact).toBe('night shift');
    expect(second.machine.status.job).toMatchObject({ id, title: 'Long job' });
    await second.stop();
  });

  it.each(['', '{"settings": {}}', 'not JSON'])('refuses to start on a damaged file: %j', async (text) => {
    await writeFile(join(data, 'mfp.json'), text);
    await expect(start()).rejects.toMatchObject({ name: 'DamagedMemory' });
  });
});
