import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import { LIMITS } from '../../protocol/limits';
import { LogStore } from './log-store';
import { RecentLog } from './recent-log';

const lineOf = (msg: string, more = {}) =>
  JSON.stringify({ level: 'info', time: '2030-01-07T09:00:00.000000Z', msg, ...more });

describe('the log of an agent on disk', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'log-store-'))));
  afterEach(() => removeFolder(folder));

  const file = () => join(folder, 'agent-log.jsonl');
  const earlier = () => join(folder, 'agent-log.earlier.jsonl');
  /** Another run of the agent. */
  const run = async (...messages: string[]) => {
    const { journal, lines: warnings } = recordedJournal();
    const log = new RecentLog();
    await log.keepIn(new LogStore(folder, journal));
    for (const each of messages) log.write(each);
    await log.close();
    return { log, texts: log.lines.map(({ text }) => text), warnings };
  };

  it('has the lines of earlier runs, also of one before the store was there', async () => {
    await run(lineOf('first', { deviceId: 'mfp-1' }), lineOf('password=hunter2'));
    const log = new RecentLog();
    log.write(lineOf('second'));
    await log.keepIn(new LogStore(folder, recordedJournal().journal));
    log.write(lineOf('third'));
    await log.close();
    const { texts, log: read } = await run();
    expect(texts).toEqual(['first', 'password: [removed]', 'second', 'third']);
    expect(read.lines[0]).toEqual({ level: 'info', time: '2030-01-07T09:00:00Z', text: 'first', deviceId: 'mfp-1' });
    expect(readFileSync(file(), 'utf8')).not.toContain('hunter2');
  });

  it('is for its user only, also if the file was not', async () => {
    writeFileSync(file(), '');
    chmodSync(file(), 0o644);
    await run(lineOf('a'));
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('is bounded, and loses the oldest lines only', async () => {
    const count = 6 * LIMITS.LOG_LINES_KEPT;
    for (let start = 0; start < count; start += 500)
      await run(...Array.from({ length: 500 }, (_, index) => lineOf(`${start + index} ${'é '.repeat(200)}`)));
    expect(statSync(file()).size + statSync(earlier()).size).toBeLessThanOrEqual(LIMITS.LOG_STORED_BYTES);
    const numbers = (await run()).texts.map((text) => parseInt(text));
    expect(numbers.length).toBeGreaterThan(LIMITS.LOG_STORED_BYTES / 2 / 1_000);
    expect(numbers).toEqual(numbers.map((_, index) => count - numbers.length + index));
  });

  it.each<[what: string, content: string | Buffer]>([
    ['noise', Buffer.from([0, 255, 10, 254, 10])],
    ['other JSON', '[]\nnull\n{"level":"info"}\n{"level":"shout","time":"","text":"x"}\n'],
    ['a line that ends in the middle', '{"level":"info","time":"","text":"torn'],
    ['a text that is longer than any', `${JSON.stringify({ level: 'info', time: '', text: 'x'.repeat(301) })}\n`],
  ])('skips %s, and continues after it', async (_what, content) => {
    writeFileSync(file(), content);
    expect((await run(lineOf('after'))).texts).toEqual(['after']);
    expect((await run()).texts).toEqual(['after']);
  });

  it('does not take in what the rules remove, if someone else has written it', async () => {
    writeFileSync(file(), `${JSON.stringify({ level: 'info', time: '', text: 'password=hunter2' })}\n`);
    expect((await run()).texts).toEqual(['password: [removed]']);
  });

  it('removes a file that is longer than its own', async () => {
    writeFileSync(earlier(), 'x\n'.repeat(LIMITS.LOG_STORED_BYTES));
    expect((await run(lineOf('a'))).texts).toEqual(['a']);
    expect(existsSync(earlier())).toBe(false);
  });

  it.each<[what: string, place: () => unknown]>([
    ['a folder is in its place', () => mkdir(file())],
    ['a link is in its place', () => symlinkSync('/dev/null', file())],
    ['its folder cannot be made', () => writeFileSync((folder = join(folder, 'file')), '')],
  ])('does without, and says so once, if %s', async (_what, place) => {
    const outer = folder;
    await place();
    const { texts, warnings } = await run(lineOf('a'), lineOf('b'));
    expect(texts).toEqual(['a', 'b']);
    expect(warnings.map(({ level }) => level)).toEqual(['warn']);
    folder = outer;
  });

  it('does without while the disk is full, and keeps what was stored before', async () => {
    const disk = await smallFilesystem(512);
    if (!disk) return;
    const outer = folder;
    try {
      folder = disk.folder;
      await run(lineOf('before'));
      const release = disk.fill();
      const log = new RecentLog();
      const { journal, lines: warnings } = recordedJournal();
      const store = new LogStore(folder, journal);
      await log.keepIn(store);
      // more than is left of the last page of the file
      for (let each = 0; each < 50; each++) log.write(lineOf(`lost ${each} ${'x '.repeat(140)}`));
      await log.close();
      expect(log.lines).toHaveLength(51);
      expect(warnings.map(({ level, detail }) => [level, detail])).toEqual([
        ['warn', expect.stringContaining('ENOSPC')],
      ]);
      release();
      log.write(lineOf('after'));
      await log.close();
      const { texts } = await run();
      expect([texts[0], texts.at(-1)]).toEqual(['before', 'after']);
    } finally {
      folder = outer;
      await disk.remove();
    }
  });
});
