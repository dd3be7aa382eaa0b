import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { LIMITS } from '../../protocol/limits';
import { KeepAlive } from './keep-alive';

const { XMPP_PING_INTERVAL_MS: USUAL, XMPP_KEEP_ALIVE_LEAST_MS: LEAST } = LIMITS;

describe('the ping interval of an agent', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'platen-keep-alive-'))));
  afterEach(() => removeFolder(folder));
  const load = () => KeepAlive.load(folder, recordedJournal().journal);

  it.each([
    ['half the idle time after which a connection was forgotten', [40_000], 20_000],
    ['the shortest that was needed', [40_000, 34_000, 60_000], 17_000],
    ['not shorter than its bound', [LEAST], LEAST],
    ['the usual one after a connection that was hardly idle', [LEAST - 1], USUAL],
    ['not longer than usual', [3_600_000], USUAL],
  ])('is %s, also after a restart', async (_what, idles, expected) => {
    const keepAlive = await load();
    expect(keepAlive.intervalMs).toBe(USUAL);
    for (const idle of idles) await keepAlive.forgotten(idle);
    expect(keepAlive.intervalMs).toBe(expected);
    expect((await load()).intervalMs).toBe(expected);
  });

  it('is logged when it changes, and not when it does not', async () => {
    const { journal, messages } = recordedJournal();
    const keepAlive = await KeepAlive.load(folder, journal);
    for (const idle of [40_000, 40_000, 50_000]) await keepAlive.forgotten(idle);
    expect(messages()).toHaveLength(1);
  });

  it.each(['', 'x', '{"intervalMs":-1}', '{"intervalMs":"5"}'])('is the usual one with the file %j', async (text) => {
    await (await load()).forgotten(40_000);
    const [name] = await readdir(folder);
    await writeFile(join(folder, name!), text);
    expect((await load()).intervalMs).toBe(USUAL);
  });

  it('is not below its bound with a file that was changed by hand', async () => {
    await writeFile(join(folder, 'keep-alive.json'), '{"intervalMs":1}');
    expect((await load()).intervalMs).toBe(LEAST);
  });

  it('holds until the program ends if it cannot be stored', async () => {
    const keepAlive = await KeepAlive.load(join(folder, 'missing'), recordedJournal().journal);
    await keepAlive.forgotten(40_000);
    expect(keepAlive.intervalMs).toBe(20_000);
  });
});
