import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../src/demo/programs';
import { finished } from '../../src/demo/stage';
import { TestStage } from '../support/stage/test-stage';

let on: TestStage;
beforeAll(async () => {
  on = await TestStage.set();
});
afterAll(() => on?.strike());

const agentFile = () => join(on.folder, 'second-agent.json');
const enrol = (code: string, ...more: string[]): Program =>
  on.stage.platen(
    'enrol',
    ['agent', 'enrol', '-', '--server', on.stage.serverUrl, '--config', agentFile(), ...more],
    code,
  );

it('takes a second agent with an enrolment code to its devices in the list', async () => {
  const asAdmin = await on.asAdmin();
  const site = ['--customer', 'Hall & Co', '--site', 'Hall'];
  const made = await finished(asAdmin('enrolment-code', 'hall', ...site, '--devices', 'hall-*'));
  const code = `${made.printed[0]}\n`;
  const application = { id: 'web', title: 'Web pages', target: on.device('demo-mfp').url };
  const device = { id: 'hall-mfp', name: 'MFP in the hall', kind: 'mfp', applications: [application] };
  await writeFile(agentFile(), JSON.stringify({ panel: { port: 0 }, state: 'second', devices: [device] }));

  const credentials = ['--credentials', join(on.folder, 'second-credentials.json')];
  await finished(enrol(code, ...credentials));
  const again = enrol(code, '--credentials', join(on.folder, 'third-credentials.json'));
  expect(await again.exited).toBe(1);
  expect(again.printed.join('\n')).toMatch(/Enrolment code refused/);

  const agent = on.stage.platen('second', ['agent', 'run', '--config', agentFile(), ...credentials]);
  try {
    await agent.logged('agent online');
    const listed = await finished(asAdmin('devices', '--json'));
    const rows = JSON.parse(listed.printed.join('')) as { id: string; online: boolean; agentId: string }[];
    expect(rows.find(({ id }) => id === 'hall-mfp')).toMatchObject({ online: true, agentId: 'hall' });
  } finally {
    await agent.stop();
  }
});

it('creates an enrolment code for administrators only', async () => {
  const refused = on.stage.platen('terminal', ['enrolment-code', 'hall']);
  expect(await refused.exited).toBe(16);
});
