import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { installationResource, readInstallation } from '../../protocol/installation';
import { Installation } from './installation';

describe('an installation of an agent', () => {
  let folder: string;
  const recorded = recordedJournal();
  const load = () => Installation.load(folder, recorded.journal);
  const presented = async (it: Installation) => readInstallation(await it.present())!;
  const file = () => join(folder, 'agent-installation.json');
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'platen-installation-')), 'state');
  });
  afterEach(() => removeFolder(join(folder, '..')));

  it('is made once, in a private file, and identifies each process', async () => {
    const [one, two] = [await presented(await load()), await presented(await load())];
    expect({ ...two, run: '' }).toEqual({ ...one, run: '' });
    expect(two.run).not.toBe(one.run);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readFile(file(), 'utf8')).not.toContain(one.run);
  });

  it('continues from its last accepted login, also after a restart', async () => {
    const it = await load();
    const before = await presented(it);
    await it.accepted();
    const restarted = await presented(await load());
    expect(restarted).toMatchObject({ installationId: before.installationId, continuation: before.next });
    expect((await presented(it)).run).toBe(before.run);
  });

  it('repeats a login that it does not know to be accepted, also after a restart', async () => {
    const it = await load();
    const { run: _run, ...before } = await presented(it);
    expect(await presented(it)).toMatchObject(before);
    expect(await presented(await load())).toMatchObject(before);
  });

  it('two copies of a folder continue differently', async () => {
    const [original, copy] = [await load(), await load()];
    expect((await presented(original)).next).not.toBe((await presented(copy)).next);
  });

  it('does not change, and still logs in, while nothing can be stored', async () => {
    const it = await load();
    await mkdir(`${file()}.new`);
    const { continuation, next } = await presented(it);
    expect(next).toBe(continuation);
    await it.accepted();
    await rm(`${file()}.new`, { recursive: true });
    expect(await presented(it)).toMatchObject({ continuation });
    await mkdir(`${file()}.new`);
    const repeated = await presented(it);
    await it.accepted();
    expect(await presented(it)).toEqual(repeated);
  });

  it('is replaced by a new one if its file is damaged', async () => {
    const before = await presented(await load());
    await writeFile(file(), '{"installationId":');
    expect((await presented(await load())).installationId).not.toBe(before.installationId);
  });

  it.each(['', 'agent', 'a.b.c.d', 'a.b.c.d.e'])('the resource %j identifies none', (resource) => {
    expect(readInstallation(resource)).toBeUndefined();
  });

  it('one part too many, and it identifies none', async () => {
    const resource = installationResource(await presented(await load()));
    expect(readInstallation(`${resource}.x`)).toBeUndefined();
  });
});
