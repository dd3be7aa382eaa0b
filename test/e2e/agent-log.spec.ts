import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../src/demo/programs';
import { finished } from '../../src/demo/stage';
import { logLineOf, type LogLine } from '../../src/protocol/log-lines';
import { job, type Job } from '../../src/protocol/maintenance';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const SECRETS = { password: 'planted-Password-1', community: 'planted-community', user: 'planted-user' };
const PLANTED = /planted/;

interface ConfiguredDevice {
  readonly id: string;
  readonly maintenance?: object;
}

describe('the log of an agent, read from afar', () => {
  let on: TestStage;
  let agent: Program;
  beforeAll(async () => {
    on = await TestStage.set();
    agent = on.stage.programs.agent;
  });
  afterAll(() => on?.strike());

  const configuration = () => join(on.folder, 'agent.json');
  const configured = async (change: (device: ConfiguredDevice) => object) => {
    const { devices, ...rest } = JSON.parse(await readFile(configuration(), 'utf8')) as { devices: ConfiguredDevice[] };
    await chmod(configuration(), 0o600); // it has passwords
    await writeFile(configuration(), JSON.stringify({ ...rest, devices: devices.map(change) }));
  };
  const killed = async () => {
    agent.child.kill('SIGKILL');
    await agent.exited;
  };
  const get = async (id: string): Promise<Job> => job.parse(await on.get(`/api/jobs/${id}`));
  const ordered = (body: object = {}): Promise<Job> =>
    on.post('/api/devices/demo-mfp/jobs', { operation: 'logs-read', ...body }).then((answer) => job.parse(answer));
  const over = (id: string): Promise<Job> =>
    until(`the end of job ${id}`, async () => {
      const seen = await get(id);
      return seen.endedAt !== null && seen;
    });
  const linesOf = ({ result }: Job): LogLine[] => result.map(logLineOf);
  const by = (terminal: Program): Job =>
    terminal.printed.map((line) => job.parse((JSON.parse(line) as { job: unknown }).job)).at(-1)!;

  it('has lines from before it was killed, and no secret of its configuration', async () => {
    await configured((device) =>
      device.id !== 'demo-mfp'
        ? device
        : {
            ...device,
            login: { user: SECRETS.user, password: SECRETS.password },
            snmp: { host: '127.0.0.1', port: 9, community: SECRETS.community },
          },
    );
    const stored = join(on.folder, 'agent/agent-log.jsonl');
    await until('the line to be stored', async () =>
      (await readFile(stored, 'utf8').catch(() => '')).includes('agent online'),
    );
    await killed();
    const log = { until: new Date().toISOString(), level: 'info' };
    agent = await on.restart('agent');
    const earlier = await over((await ordered({ log })).id);
    expect(earlier).toMatchObject({ state: 'succeeded', failure: null });
    expect(linesOf(earlier).map(({ text }) => text)).toContainEqual(expect.stringMatching(/^agent online/));
    const latest = await over((await ordered()).id);
    expect(linesOf(latest).length).toBeGreaterThan(2);
    expect(JSON.stringify([earlier, latest])).not.toMatch(PLANTED);
    expect(await readFile(stored, 'utf8')).not.toMatch(PLANTED);
    expect((await stat(stored)).mode & 0o777).toBe(0o600);
  });

  it('is read by level and time from the command line', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const read = (...more: string[]) =>
      finished(on.stage.platen('terminal', ['maintain', 'demo-mfp', 'logs-read', '--json', ...more])).then(by);
    const all = linesOf(await read('--from', '2020-01-01T00:00:00Z', '--until', until));
    expect(all.some(({ level }) => level === 'info')).toBe(true);
    const errors = linesOf(await read('--level', 'error'));
    expect(errors.filter(({ source, level }) => source === 'agent' && level !== 'error')).toEqual([]);
    const none = await read('--until', '2020-01-01T00:00:00Z');
    expect(linesOf(none).filter(({ source }) => source === 'agent')).toEqual([]);
  });

  it('is not read where the owner denies it: not offered, and refused by name if it was on its way', async () => {
    const ask = on.post('/api/devices/ippeveprinter/jobs', { operation: 'logs-read' });
    expect(await ask.catch((error: Error) => error.message)).toMatch(/operation-unsupported|announced no logs-read/);
    await killed();
    await until('it to be offline', async () => {
      const { online } = (await on.get('/api/devices/demo-mfp')) as { online: boolean };
      return !online;
    });
    const { id } = await ordered({ waitMinutes: 60 });
    await configured((device) =>
      device.id !== 'demo-mfp' ? device : { ...device, maintenance: { ...device.maintenance, 'logs-read': 'deny' } },
    );
    agent = await on.restart('agent');
    expect(await over(id)).toMatchObject({ state: 'failed', failure: 'forbidden', result: [] });
  });
});
