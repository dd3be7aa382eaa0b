import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A short reconnect storm; `npm run campaign:storm` is the long one. */
it('all agents return after the server was killed, and no announcement fails', async () => {
  const campaign = join(__dirname, '../campaigns/storm/storm.mjs');
  const short = ['--agents', '150', '--sessions', '2000', '--seconds', '200', '--seed', '1'];
  const { stdout } = await promisify(execFile)(process.execPath, [campaign, ...short]);
  const rows = stdout.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const figures = (name: string) => rows.filter(([, first]) => first === name).map(([, , value]) => value);
  expect(figures('failed announcements')).toEqual(['0', '0']);
  expect(figures('failed reports of conditions')).toEqual(['0', '0']);
  expect(figures('unexpected errors in the log')).toEqual(['0', '0']);
  expect(figures('all agents announced')).toEqual([expect.stringMatching(/ s$/), expect.stringMatching(/ s$/)]);
}, 600_000);
