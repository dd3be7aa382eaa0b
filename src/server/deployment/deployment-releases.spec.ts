import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DeploymentPlane, VERSION } from '../../../test/support/deployment/deployment-plane';
import { ReleaseMaker } from '../../../test/support/deployment/release-maker';
import { until } from '../../../test/support/until';

describe('a deployment of a stored release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-releases-'));
  const maker = new ReleaseMaker();
  let stage: DeploymentPlane;
  beforeAll(async () => {
    const key = maker.writePublicKey(join(folder, 'release.pub'));
    stage = await DeploymentPlane.start({ PLATEN_RELEASE_PUBLIC_KEY: key });
  });
  afterEach(() => stage.reset());
  afterAll(async () => {
    await stage?.stop();
    rmSync(folder, { recursive: true });
  });

  /** @returns the path of its script */
  const store = (version: string, changed?: Record<string, unknown>, by = maker): string => {
    const script = join(stage.plane.config.data, 'releases', version, 'relay.cjs');
    const text = by.make(version, `// ${version}\n`, changed).toString();
    const end = text.indexOf('\n');
    mkdirSync(dirname(script));
    writeFileSync(script, text.slice(end + 1));
    const manifest = { ...(JSON.parse(text.slice(0, end)) as object), storedAt: new Date().toISOString() };
    writeFileSync(join(dirname(script), 'manifest.json'), JSON.stringify(manifest));
    return script;
  };
  const startsAs = (version: string) => {
    stage.keeper.onTry = async (run) => ({ outcome: 'started', instance: await stage.candidate(run, version) });
  };
  const outcome = (id: string) => stage.reaches(id, 'deployed', 'rolled-back', 'failed');
  const serving = async (): Promise<string[]> => {
    const { body } = await stage.plane.call('ada', 'GET', '/releases');
    return (body as unknown as { name: string; serving: boolean }[])
      .filter((each) => each.serving)
      .map(({ name }) => name);
  };

  it('is in service, cannot be removed, and is replaced with the built-in one again', async () => {
    const file = store('1.2.0');
    startsAs('1.2.0');
    const { id } = await stage.instruct({ release: '1.2.0' });
    expect(await outcome(id)).toMatchObject({
      state: 'deployed',
      from: { release: 'built-in', version: VERSION, pairs: 1 },
      to: { release: '1.2.0', version: '1.2.0', pairs: 1 },
    });
    expect(stage.keeper.asked[0]).toBe(`try ${file} 1`);
    expect(await serving()).toEqual(['1.2.0']);
    const refused = await stage.plane.call('ada', 'DELETE', '/releases/1.2.0');
    expect(refused).toMatchObject({ status: 409, body: { code: 'release-in-use' } });

    startsAs(VERSION);
    const back = await stage.press(id, 'roll-back');
    expect(back).toMatchObject({ from: { release: '1.2.0' }, to: { release: 'built-in', version: VERSION } });
    expect(await outcome(back.id)).toMatchObject({ state: 'deployed' });
    expect(await serving()).toEqual(['built-in']);
    expect((await stage.plane.call('ada', 'DELETE', '/releases/1.2.0')).status).toBe(204);
    expect(await stage.get(back.id)).toMatchObject({ state: 'deployed', canRollBack: false });
  });

  const damages: [string, string, () => void, object][] = [
    [
      'was changed after it had been stored',
      '1.3.0',
      () => appendFileSync(store('1.3.0'), 'evil();'),
      { reason: 'release-damaged', detail: expect.stringContaining('changed') },
    ],
    [
      'was signed with another key',
      '1.4.0',
      () => store('1.4.0', {}, new ReleaseMaker()),
      { reason: 'release-damaged', detail: expect.stringContaining('signature') },
    ],
    ['uses another protocol version', '1.5.0', () => store('1.5.0', { protocol: 99 }), { reason: 'wrong-protocol' }],
    [
      'reports another version',
      '1.6.0',
      () => {
        store('1.6.0');
        startsAs('1.6.1');
      },
      { reason: 'wrong-version', detail: expect.stringContaining('1.6.1') },
    ],
  ];
  it.each(damages)('is rolled back if the release %s', async (_, release, prepare, expected) => {
    prepare();
    const { id } = await stage.instruct({ release });
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', ...expected });
    expect(await serving()).toEqual(['built-in']);
  });

  it('protects both of its releases from removal while it is open', async () => {
    store('1.7.0');
    await stage.plane.established('tom');
    const { id } = await stage.instruct({ release: '1.7.0' });
    const remove = () => stage.plane.call('ada', 'DELETE', '/releases/1.7.0');
    expect(await remove()).toMatchObject({ status: 409, body: { code: 'release-in-use' } });
    await stage.press(id, 'abortion');
    await until('it to be removed', async () => (await remove()).status === 204, undefined, 250);
  });
});
