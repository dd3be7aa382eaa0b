import { existsSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from '../../src/demo/stage';
import { TestStage } from '../support/stage/test-stage';

describe('a server that is restored from a backup', () => {
  let stage: TestStage;
  beforeAll(async () => {
    stage = await TestStage.set({ env: { PLATEN_END_LOG_SECONDS: '1' }, moreDevices: ['demo-other'] });
  });
  afterAll(() => stage?.strike());

  it('continues with its agents, its users and its history, and with new sessions', async () => {
    const before = await stage.connect('demo-mfp');
    before.connect.child.kill('SIGINT');
    const ended = await stage.ended(before.id);

    const open = await stage.connect('demo-other'); // the backup is written while the server has something to do
    const passphrase = join(stage.folder, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n');
    const backup = join(stage.folder, 'platen.backup');
    const platen = (...args: string[]) => stage.stage.platen('backup', args);
    await finished(platen('backup', backup, '--passphrase-file', passphrase));
    expect((await fetch(open.url)).status).toBe(200);

    await stage.stage.programs.server.stop('SIGTERM');
    const data = join(stage.folder, 'server');
    await rename(data, join(stage.folder, 'lost'));
    const refused = platen('restore', backup);
    expect([await refused.exited, refused.printed.join()]).toEqual([1, expect.stringMatching(/is encrypted/)]);
    expect(existsSync(data)).toBe(false);
    await finished(platen('restore', backup, '--passphrase-file', passphrase));
    await stage.restart('server');

    const { steps, ...facts } = await stage.session(before.id);
    expect(facts).toEqual({ ...ended, steps: undefined });
    expect(steps).toEqual(ended.steps);
    // at the moment of the backup it was open; the restored server finds that it is not
    expect((await stage.ended(open.id)).ending).toMatch(/^lost-|^ended-/);
    await stage.works('demo-mfp');
    await stage.works('demo-other');
  });
});
