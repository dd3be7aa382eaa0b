import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../src/demo/programs';
import { finished } from '../../src/demo/stage';
import { approval } from '../../src/protocol/control-channel';
import { parseJson } from '../../src/protocol/parse-json';
import { EXIT_CODES } from '../../src/terminal/exit-codes';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

let on: TestStage;
beforeAll(async () => {
  on = await TestStage.set();
});
afterEach(() => on?.clear());
afterAll(() => on?.strike());

const verify = (id: string, ...more: string[]): Program =>
  on.stage.platen('terminal', ['session', 'verify', id, '--json', ...more]);
const printed = ({ printed: lines }: Program): unknown => JSON.parse(lines.join(''));

async function fingerprint(): Promise<string> {
  const command = ['agent', 'fingerprint', '--config', join(on.folder, 'agent.json')];
  return (await finished(on.stage.platen('fingerprint', command))).printed.join('').trim();
}

it('proves a YES to the technician, who compares the fingerprint once', async () => {
  const { id } = await on.connect('demo-mfp');
  const key = await fingerprint();
  expect(printed(await finished(verify(id, '--key', key)))).toEqual({
    verified: true,
    keyFingerprint: key,
    firstUse: true,
    record: expect.objectContaining({
      remoteSessionId: id,
      deviceId: 'demo-mfp',
      decision: 'approved',
      grant: 'operate',
      answeredBy: { where: 'local-page' },
    }),
  });
  expect(printed(await finished(verify(id)))).toMatchObject({ verified: true, firstUse: false });
  const other = verify(id, '--key', 'A'.repeat(43));
  expect(await other.exited).toBe(EXIT_CODES['not-verified'].code);
});

it('proves a NO, and says when there is nothing to prove', async () => {
  const { id } = await on.request('demo-mfp');
  const early = verify(id);
  expect(await early.exited).toBe(EXIT_CODES['no-record'].code);
  await on.press(`/approvals/${id}`, { decision: 'declined' });
  await on.ended(id);
  expect(printed(await finished(verify(id)))).toMatchObject({ record: { decision: 'declined', grant: null } });
});

it('repeats the same NO after the agent was killed, without another question', async () => {
  const { server, agent } = on.stage.programs;
  const { id } = await on.request('demo-mfp');
  server.child.kill('SIGSTOP');
  await on.press(`/approvals/${id}`, { decision: 'declined' });
  const stored = await until('the answer on disk', () => storedAnswer(id));
  agent.child.kill('SIGKILL');
  await agent.exited;
  server.child.kill('SIGCONT');
  await on.restart('agent');
  expect(await on.ended(id)).toMatchObject({ ending: 'declined' });
  const { approvalRecord } = await on.session(id);
  expect(approvalRecord).toMatchObject(stored.record!);
  const asked = on.lines.filter(({ step, remoteSessionId }) => step === 'S143' && remoteSessionId === id);
  expect(asked).toHaveLength(1);
});

async function storedAnswer(id: string) {
  const text = await readFile(join(on.folder, 'agent', 'answers.jsonl'), 'utf8').catch(() => '');
  const answers = text.split('\n').flatMap((line) => approval.request.safeParse(parseJson(line)).data ?? []);
  return answers.find(({ remoteSessionId }) => remoteSessionId === id);
}
