import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlChannel } from '../src/agent/channel/control-channel';
import { readCredentials, storeCredentials, type Credentials } from '../src/agent/enrolment/credentials';
import { ServerKeys } from '../src/agent/enrolment/server-keys';
import { createJournal } from '../src/journal/journal';
import { announce } from '../src/protocol/control-channel';
import { runControlChannelKey, type KeyAction } from '../src/server/commands/control-channel-key.command';
import { ControlPlane } from './support/server/control-plane';
import { until } from './support/until';

const journal = createJournal('agent', 'silent');

describe('a planned change of the key of the control channel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-next-key-'));
  const file = join(folder, 'agent-credentials.json');
  const environment = process.env;
  let plane: ControlPlane;
  let channel: ControlChannel;
  let keys: ServerKeys;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(async () => {
    await channel?.stop();
    await plane?.stop();
    rmSync(folder, { recursive: true });
  });

  /** The command, while the server runs. */
  async function command(action: KeyAction, options: { force?: boolean } = {}) {
    const written: string[] = [];
    const write = (text: unknown) => written.push(String(text)) > 0;
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation(write);
    const { database } = plane.config;
    process.env = { ...environment, PLATEN_DATA: plane.config.data };
    if (database.type === 'postgres') process.env.PLATEN_DATABASE_URL = database.url;
    try {
      await runControlChannelKey(action, options);
      return { printed: written.join(''), exitCode: process.exitCode };
    } finally {
      process.env = environment;
      process.exitCode = undefined;
      jest.restoreAllMocks();
    }
  }
  const restart = async () => {
    await plane.halt();
    await plane.boot();
  };
  const stored = (): Credentials => JSON.parse(readFileSync(file, 'utf8')) as Credentials;
  const inView = async (id: string) => {
    const agents = (await plane.call('ada', 'GET', '/agents')).body as unknown as {
      id: string;
      online: boolean;
      knowsNextKey: boolean | null;
    }[];
    return agents.find((agent) => agent.id === id)!;
  };

  it('keeps every agent that has learned the next key, and no others', async () => {
    const enrolled = await plane.enrol('hall');
    await storeCredentials(file, enrolled);
    keys = new ServerKeys(await readCredentials(file), file, journal);
    channel = new ControlChannel(enrolled, journal, { keys, firstRetryMs: 50, maxRetryMs: 200 });
    channel.afterLogin(async () => void (await channel.request(announce, { agentVersion: '1', devices: [] })));
    channel.start();
    await until('hall to be online', async () => (await inView('hall')).online);
    expect((await inView('hall')).knowsNextKey).toBeNull();
    expect(await command('change')).toEqual({ printed: expect.stringContaining('no next key'), exitCode: 1 });

    expect((await command('prepare')).printed).toContain('next key: ');
    const [, next] = /next key: (.*)/.exec((await command('prepare')).printed)!; // twice: there is one next key
    await restart();
    await until('hall to know the next key', async () => (await inView('hall')).knowsNextKey === true);
    expect(stored()).toMatchObject({ pin: enrolled.pin, nextPin: next });
    expect((await inView('box')).knowsNextKey).toBe(false);
    expect((await command('show')).printed).toContain('agents that do not know it: box\n');
    expect(await command('change')).toEqual({ printed: expect.stringMatching(/1 agents.*box/), exitCode: 1 });

    await plane.call('ada', 'DELETE', '/agents/box');
    expect(await command('change')).toEqual({ printed: expect.stringContaining(String(next)), exitCode: undefined });
    await restart();
    await until('hall to use the next key', () => stored().pin === next);
    await until('hall to be online', async () => (await inView('hall')).online);
    expect(stored()).toEqual({ ...enrolled, pin: next });
    expect(keys.trust).toEqual({ pin: next, nextPin: undefined });
    expect((await plane.enrolmentCode('new')).split('.')[1]).toBe(next);
  });
});
