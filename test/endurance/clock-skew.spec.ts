import { join } from 'node:path';
import { Program } from '../../src/demo/programs';
import { event } from '../../src/demo/scenario';
import { CLI, TestStage } from '../support/stage/test-stage';

const HOUR_MS = 60 * 60_000;
const SKEWED_CLOCK = join(__dirname, '../support/agent/skewed-clock.cjs');

let on: TestStage;
beforeAll(async () => {
  on = await TestStage.set();
  await on.stage.programs.agent.stop();
});
afterAll(() => on?.strike());

/** A program of Platen on a machine whose clock is off. */
function skewed(name: string, skewMs: number, args: string[]): Program {
  const env = {
    PLATEN_TEST_SKEW_MS: String(skewMs),
    PLATEN_CREDENTIALS: join(on.folder, 'terminal-credentials.json'),
    PLATEN_LOG_LEVEL: 'info',
  };
  const command: [string, ...string[]] = [process.execPath, '--require', SKEWED_CLOCK, CLI, ...args];
  return Program.start(name, command, { env, onLog: (line) => on.lines.push(line) });
}

it.each([
  ['fast', 'slow', HOUR_MS],
  ['slow', 'fast', -HOUR_MS],
])('a session with an agent an hour %s and a terminal an hour %s', async (_agent, _terminal, skewMs) => {
  const agent = skewed('agent', skewMs, ['agent', 'run', '--config', join(on.folder, 'agent.json')]);
  const args = ['connect', 'demo-mfp', 'web', '--reason', 'Skewed', '--minutes', '5', '--json'];
  try {
    await agent.logged('agent online');
    const connect = skewed('terminal', -skewMs, args);
    try {
      const { sessionId: id } = await event(connect, 'requested');
      await agent.until(() => agent.log.find((line) => line.step === 'S143' && line.remoteSessionId === id), 'asks');
      await on.press(`/approvals/${id}`, { decision: 'approved' });
      const { url } = await event(connect, 'listening');
      expect((await fetch(String(url))).status).toBe(200);
      connect.child.kill('SIGINT');
      expect(await connect.exited).toBe(0);
      expect(await on.ended(id)).toMatchObject({ ending: 'ended-by-terminal', device: { endReason: 'requested' } });
    } finally {
      await connect.stop('SIGKILL');
    }
  } finally {
    await agent.stop();
  }
});
