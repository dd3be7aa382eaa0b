import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Short versions of the campaigns in test/campaigns. Each exits with 0 only if nothing was lost; no time is checked. */
const CAMPAIGNS = join(__dirname, '../campaigns');

/** @returns what the campaign printed @throws with it if the campaign has failed */
async function run(script: string, ...args: string[]): Promise<string> {
  const ran = promisify(execFile)(process.execPath, [join(CAMPAIGNS, script), ...args], { timeout: 20 * 60_000 });
  const { stdout } = await ran.catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
    throw new Error(`${stdout}${stderr}`);
  });
  return stdout;
}

it('programs that are killed at random moments leave a clean ledger', async () => {
  expect(await run('kill/kill.mjs', '--minutes', '0.4', '--agents', '2')).toContain('| ledger');
}, 1_260_000);

it('hostile peers crash nothing, see nothing of others, and do not keep honest users from their work', async () => {
  expect(await run('hostile/hostile.mjs', '--seconds', '6')).toContain('| checked');
}, 1_260_000);
