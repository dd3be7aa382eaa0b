import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { event, press } from '../../src/demo/scenario';
import { shared } from '../support/run/shared';
import { CleanDebian } from '../support/stage/clean-debian';
import { CLI } from '../support/stage/test-stage';
import { until } from '../support/until';

const run = promisify(execFile);
const PASSWORD = 'a password for the test';

/** The packages on a computer that has nothing else: installed, used for a session, upgraded, removed. */
describe('the Debian packages', () => {
  let debian: CleanDebian;
  let files: string[];
  let ports: number[];
  const running: Program[] = [];

  beforeAll(async () => {
    const folder = await shared('packages');
    files = (await readdir(folder)).map((name) => join(folder, name));
    debian = await CleanDebian.make();
    ports = await freePorts(5);
  }, 900_000);
  afterAll(async () => {
    for (const program of running.reverse()) await program.stop();
    await debian?.remove();
  });

  const started = (program: Program): Program => {
    running.push(program);
    return program;
  };
  const at = (path: string) => join(debian.root, path);
  const install = async () => {
    await run('cp', [...files, at('tmp')]);
    const installed = files.map((file) => `/tmp/${basename(file)}`);
    return debian.run('root', ['dpkg', '--force-unsafe-io', '--install', ...installed]);
  };
  const platen = (user: string, args: string[], input?: string) => debian.run(user, ['platen', ...args], input);

  it('are installed, and say what to do next', async () => {
    const printed = await install();
    expect(printed).toContain('/etc/platen/server.env');
    expect(printed).toContain('/etc/platen-agent/agent.json');
    expect(await platen('root', ['--version'])).toMatch(/^\d+\.\d+\.\d+/);
    expect(await debian.run('root', ['platen-agent', '--version'])).toMatch(/^\d+\.\d+\.\d+/);
    const modes = await debian.run('root', [
      'stat',
      '-c',
      '%n %U %a',
      '/etc/platen/server.env',
      '/var/lib/platen',
      '/var/lib/platen-agent',
      '/etc/platen-agent',
    ]);
    expect(modes.split('\n')).toEqual([
      '/etc/platen/server.env root 640',
      '/var/lib/platen platen 700',
      '/var/lib/platen-agent platen-agent 700',
      '/etc/platen-agent root 750',
    ]);
  });

  it('have units that systemd accepts', async () => {
    const units = at('tmp');
    for (const unit of ['platen-server.service', 'platen-agent.service']) {
      // this computer has systemd, but not the command
      const text = await readFile(at(`usr/lib/systemd/system/${unit}`), 'utf8');
      await writeFile(join(units, unit), text.replaceAll(/\/usr\/bin\/platen\S*/g, '/bin/true'));
      expect((await run('systemd-analyze', ['verify', join(units, unit)])).stderr).toBe('');
    }
  });

  it('keep the settings from other users', async () => {
    await expect(platen('platen-agent', ['server', 'fingerprint'])).rejects.toThrow(
      /server\.env cannot be read \(EACCES\)/,
    );
  });

  it('lead from nothing to a session', async () => {
    const [http, xmpp, relay, panel, mfp] = ports as [number, number, number, number, number];
    await appendFile(
      at('etc/platen/server.env'),
      `PLATEN_PORT=${http}\nPLATEN_XMPP_PORT=${xmpp}\nPLATEN_RELAY_PORT=${relay}\n`,
    );
    await platen('platen', ['server', 'create-user', 'alex', '--role', 'admin', '--password-stdin'], `${PASSWORD}\n`);
    const server = started(await debian.startUnit('platen-server.service'));
    await server.logged('server listening');
    await server.logged('relay connected');

    const url = `http://127.0.0.1:${http}`;
    await platen('root', ['login', url, '--user', 'alex', '--password-stdin'], `${PASSWORD}\n`);
    const code = await platen('root', [
      'enrolment-code',
      'hall',
      '--customer',
      'Acme',
      '--site',
      'Berlin',
      '--devices',
      'hall-*',
    ]);
    started(Program.start('mfp', [process.execPath, CLI, 'mfp', '--port', String(mfp)]));
    const devices = [
      {
        id: 'hall-mfp',
        name: 'Hall',
        kind: 'mfp',
        applications: [{ id: 'web', title: 'Pages', target: `http://127.0.0.1:${mfp}` }],
      },
    ];
    await writeFile(at('etc/platen-agent/agent.json'), JSON.stringify({ devices, panel: { port: panel } }));
    const secret = /\S+\.\S{20,}/.exec(code)![0];
    // by root, as people do; it becomes the user of the agent
    await debian.run('root', ['platen-agent', 'enrol', '-', '--server', url], `${secret}\n`);
    expect(await debian.run('root', ['stat', '-c', '%U %a', '/var/lib/platen-agent/agent-credentials.json'])).toBe(
      'platen-agent 600',
    );
    const agent = started(await debian.startUnit('platen-agent.service'));
    await agent.logged('agent online');

    const connect = started(
      debian.start('connect', 'root', ['platen', 'connect', 'hall-mfp', 'web', '--reason', 'New toner', '--json']),
    );
    const { sessionId } = await event(connect, 'requested');
    const asked = () => agent.log.find((line) => line.step === 'S143' && line.remoteSessionId === sessionId);
    await agent.until(asked, 'shows the approval screen');
    await press({ panelUrl: `http://127.0.0.1:${panel}` }, `/approvals/${sessionId}`, { decision: 'approved' });
    const { url: local } = await event(connect, 'listening');
    const [relayed, direct] = await Promise.all(
      [String(local), `http://127.0.0.1:${mfp}/`].map(async (page) => (await fetch(page)).text()),
    );
    expect(relayed).toBe(direct);
    expect(relayed).toContain('<title>');
    await press({ panelUrl: `http://127.0.0.1:${panel}` }, `/sessions/${sessionId}/end`, {});
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-device' });
  });

  it('keep settings and data when they are upgraded, and when they are removed', async () => {
    for (const program of running.splice(0).reverse()) await program.stop();
    const settings = await readFile(at('etc/platen/server.env'), 'utf8');
    await install();
    expect(await readFile(at('etc/platen/server.env'), 'utf8')).toBe(settings);
    await debian.run('root', ['dpkg', '--purge', 'platen', 'platen-agent']);
    for (const command of ['usr/bin/platen', 'usr/bin/platen-agent']) expect(existsSync(at(command))).toBe(false);
    const ofAgent = ['etc/platen-agent/agent.json', 'var/lib/platen-agent/agent-credentials.json'];
    for (const kept of ['var/lib/platen/data/platen.sqlite', ...ofAgent]) await until(kept, () => existsSync(at(kept)));
  });
});
