import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { LIMITS } from '../../src/protocol/limits';
import { removeFolder } from '../support/remove-folder';

const JOURNAL = join(__dirname, '../../dist/src/journal/journal.js');
const CLI = join(__dirname, '../../dist/src/cli.js');
const PATH = `/api/${'a'.repeat(7_000)}`;
/** More than wait, and than fit in any pipe. */
const REQUESTS = Math.ceil((LIMITS.LOG_WAITING_BYTES + 1024 * 1024) / PATH.length);

let program: Program;
const folder = mkdtempSync(join(tmpdir(), 'platen-unread-log-'));
afterEach(() => program?.stop('SIGKILL'));
afterAll(() => removeFolder(folder));

it('a server whose log is not read continues, and says how many lines are missing once it is read', async () => {
  const [port, xmpp] = await freePorts(2);
  const env = {
    PLATEN_DATA: folder,
    PLATEN_PORT: String(port),
    PLATEN_XMPP_PORT: String(xmpp),
    PLATEN_RELAY: 'remote',
    PLATEN_LOG_LEVEL: 'debug',
  };
  program = Program.start('server', [process.execPath, CLI, 'server'], { env });
  await program.logged('server listening');
  program.child.stderr!.pause();
  for (let sent = 0; sent < REQUESTS; sent++) {
    const answer = await fetch(`http://127.0.0.1:${port}${PATH}`);
    expect([answer.status, (await answer.json()) as object]).toEqual([404, expect.objectContaining({ status: 404 })]);
  }
  program.child.stderr!.resume();
  const { missingLines } = await program.logged('lines of this log are missing: they were not read');
  expect(missingLines).toBeGreaterThan(0);
  const logged = () => program.log.filter(({ msg }) => msg === 'request').length;
  expect(logged()).toBeLessThan(REQUESTS);
  // a request is logged a moment after its answer has arrived
  await program.until(() => logged() + Number(missingLines) >= REQUESTS || undefined, 'logs the others');
  expect(program.printed).toEqual([]); // every line is whole
  expect(await program.stop()).toBe(0);
  expect(program.log.at(-1)).toMatchObject({ msg: 'server stopped' });
});

it('lines are written on after another writer to standard error had to wait', async () => {
  const script = `
    const journal = require(${JSON.stringify(JOURNAL)}).createJournal('server', 'info');
    for (let line = 0; line < 400; line++) journal.info('x'.repeat(900));
    process.stderr.write('a warning of Node.js '.repeat(20_000) + '\\n');
    journal.info('the next words');
    setInterval(() => undefined, 1_000);`;
  program = Program.start('script', [process.execPath, '-e', script]);
  await program.logged('the next words');
  expect(program.log).toHaveLength(401);
});

it('a program that exits at once has written its last lines, although they did not fit in the pipe', async () => {
  const script = `
    const journal = require(${JSON.stringify(JOURNAL)}).createJournal('server', 'info');
    for (let line = 0; line < 1_000; line++) journal.info('x'.repeat(900));
    journal.error('the last words');
    process.exit(3);`;
  program = Program.start('script', [process.execPath, '-e', script]);
  expect(await program.exited).toBe(3);
  expect(program.log).toHaveLength(1_001);
  expect(program.log.at(-1)).toMatchObject({ msg: 'the last words' });
});

it('a program whose log pipe is closed continues', async () => {
  const script = `
    const journal = require(${JSON.stringify(JOURNAL)}).createJournal('server', 'info');
    journal.info('the first words');
    process.stdin.resume().on('end', () => {
      for (let line = 0; line < 1_000; line++) journal.info('x'.repeat(900));
      setImmediate(() => console.log('alive'));
    });`;
  program = Program.start('script', [process.execPath, '-e', script], { input: '' });
  program.child.stderr!.destroy();
  expect(await program.exited).toBe(0);
  expect(program.printed).toContain('alive');
});

it('a log in a file continues when its full disk has room again', async () => {
  const script = `
    const fs = require('node:fs');
    const journal = require(${JSON.stringify(JOURNAL)}).createJournal('server', 'info');
    journal.info('lost');
    setImmediate(() => {
      fs.closeSync(2);
      fs.openSync(process.argv[1], 'a');
      journal.info('written');
    });`;
  const file = join(folder, 'log');
  program = Program.start('script', ['sh', '-c', 'exec "$0" -e "$1" "$2" 2>/dev/full', process.execPath, script, file]);
  expect(await program.exited).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('"msg":"written"');
});
