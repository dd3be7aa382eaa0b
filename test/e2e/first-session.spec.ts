import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { event } from '../../src/demo/scenario';
import { sha256Hex, sha256OfFile } from '../../src/tunnel/sha256';
import { removeFolder } from '../support/remove-folder';
import { TestStage } from '../support/stage/test-stage';

const run = promisify(execFile);
const MB = 1024 * 1024;

let on: TestStage;
let files: string;
beforeAll(async () => {
  on = await TestStage.set();
  files = await mkdtemp(join(tmpdir(), 'platen-files-'));
});
afterEach(() => on?.clear());
afterAll(async () => {
  await on?.strike();
  await removeFolder(files);
});

async function curl(...args: string[]): Promise<string> {
  const { stdout } = await run('curl', ['-sS', '--fail', '--max-time', '60', ...args], { maxBuffer: 64 * MB });
  return stdout;
}

describe.each([
  ['demo-mfp', 'address-book'],
  ['ippeveprinter', ''],
])('a session with %s', (device, path) => {
  it('brings its page byte for byte, and is recorded', async () => {
    const { connect, id, url } = await on.connect(device);
    const relayed = await curl('-i', `${url}${path}`);
    const direct = await curl('-i', `${on.device(device).url}/${path}`);
    const withoutClock = (answer: string) =>
      answer.replace(/^Date: .*\r\n/im, '').replaceAll(/localhost:\d+|127\.0\.0\.1:\d+/g, 'HOST');
    expect(withoutClock(relayed)).toBe(withoutClock(direct));
    expect(relayed.length).toBeGreaterThan(500);

    connect.child.kill('SIGINT');
    expect(await connect.exited).toBe(0);
    const session = await on.ended(id);
    expect(session).toMatchObject({
      ending: 'ended-by-terminal',
      device: { state: 'ended', endReason: 'requested' },
      terminal: { state: 'ended', endReason: 'requested' },
      reason: 'End-to-end test',
      user: { username: 'tina' },
    });
    expect(session.durationSeconds).toBeGreaterThan(0);
    expect(session.bytesFromDevice).toBeGreaterThan(direct.length);
    expect(session.bytesFromTerminal).toBeGreaterThan(0);

    expect(session.steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['S141', 'S142', 'S269', 'S297']));
  });
});

describe('a session with the simulated MFP', () => {
  it('ends when the device ends it', async () => {
    const { connect, id, url } = await on.connect('demo-mfp');
    await curl(url);
    await on.press(`/sessions/${id}/end`, {});
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-device' });
    await connect.exited;
    expect(await on.ended(id)).toMatchObject({
      ending: 'ended-by-device',
      device: { endReason: 'requested' },
      terminal: { endReason: 'control-plane' },
    });
  });

  it('ends when the control plane is asked to end it', async () => {
    const { connect, id } = await on.connect('demo-mfp');
    await on.post(`/api/sessions/${id}/termination`, {});
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-terminal' });
    await on.ended(id);
  });

  it('carries 100 MB down and up unchanged', async () => {
    const { connect, id, url } = await on.connect('demo-mfp');
    const path = `files/job-log-export.bin?size=${100 * MB}`;
    const [down, direct, up] = ['down', 'direct', 'up'].map((name) => join(files, name)) as [string, string, string];
    await curl('-o', down, `${url}${path}`);
    await curl('-o', direct, `${on.device('demo-mfp').url}/${path}`);
    expect((await readFile(down)).length).toBe(100 * MB);
    expect(await sha256OfFile(down)).toBe(await sha256OfFile(direct));

    const bytes = randomBytes(100 * MB);
    await writeFile(up, bytes);
    const answer: unknown = JSON.parse(await curl('-T', up, `${url}files/upload`));
    expect(answer).toMatchObject({ bytes: 100 * MB, sha256: sha256Hex(bytes) });

    connect.child.kill('SIGTERM');
    await connect.exited;
    const session = await on.ended(id);
    expect(session.bytesFromDevice).toBeGreaterThan(100 * MB);
    expect(session.bytesFromTerminal).toBeGreaterThan(100 * MB);
  });

  it('starts nothing when the person at the device presses NO', async () => {
    const { connect, id } = await on.request('demo-mfp');
    await on.press(`/approvals/${id}`, { decision: 'declined' });
    expect(await event(connect, 'error')).toMatchObject({ error: 'refused-at-device' });
    expect(await connect.exited).not.toBe(0);
    expect(await on.ended(id)).toMatchObject({ ending: 'declined', device: { startedAt: null } });
    expect(on.stepsOf(id)).not.toEqual(expect.arrayContaining(['S145']));
  });

  it('permits no second session for the pair before the first has ended', async () => {
    const { connect, id } = await on.request('demo-mfp');
    const second = on.stage.platen('terminal', ['connect', 'demo-mfp', 'web', '--reason', 'again', '--json']);
    const exit = await second.exited;
    expect(second.printed.join('\n')).toContain(id);
    connect.child.kill('SIGINT');
    await connect.exited;
    expect(await on.ended(id)).toMatchObject({ ending: 'cancelled' });
    expect(exit).not.toBe(0);
    const third = await on.request('demo-mfp'); // the pair is free again
    third.connect.child.kill('SIGINT');
    await on.ended(third.id);
  });

  it.each([
    ['an unknown device', ['nowhere', 'web'], /no device nowhere/i],
    ['an unknown application', ['demo-mfp', 'fax'], /no application fax/i],
  ])('refuses %s by name', async (_, [device, application], words) => {
    const connect = on.stage.platen('terminal', ['connect', device!, application!, '--reason', 'test']);
    expect(await connect.exited).not.toBe(0);
    expect(connect.printed.join('\n')).toMatch(words);
  });
});
