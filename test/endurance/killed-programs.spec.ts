import { join } from 'node:path';
import WebSocket from 'ws';
import { event } from '../../src/demo/scenario';
import { wallClockMs } from '../../src/journal/wall-clock';
import { sessionConnection } from '../../src/protocol/api';
import { RELAY_PATHS, REFUSALS, type Refusal } from '../../src/protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../../src/protocol/version';
import { relayProcesses, type Role } from '../support/relay/relay-process';
import { TestStage } from '../support/stage/test-stage';

const CLOSED_PORT = 1; // no program listens on tcpmux

let on: TestStage;
beforeAll(async () => {
  const applications = [{ device: 'demo-mfp', id: 'down', target: `tcp://127.0.0.1:${CLOSED_PORT}` }];
  on = await TestStage.set({ applications });
});
afterEach(() => on?.clear());
afterAll(() => on?.strike());

describe('a program is killed in mid-session', () => {
  it('the terminal: the session ends with a name, the device half in order', async () => {
    const { connect, id } = await on.connect('demo-mfp');
    connect.child.kill('SIGKILL');
    expect(await on.ended(id)).toMatchObject({
      ending: 'lost-terminal',
      terminal: { endReason: 'lost' },
      device: { endReason: 'requested' },
    });
    await on.works();
  });

  it('the agent: the terminal is notified, and a new agent serves sessions again', async () => {
    const { connect, id } = await on.connect('demo-mfp');
    on.stage.programs.agent.child.kill('SIGKILL');
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'lost-device' });
    expect(await connect.exited).not.toBe(0);
    expect(await on.ended(id)).toMatchObject({
      ending: 'lost-device',
      device: { endReason: 'lost' },
      terminal: { endReason: 'control-plane' },
    });
    await on.restart('agent');
    await on.works();
  });

  const relay: [string, Role, string, string][] = [
    ["the relay's keeper: it stops in order, and another is started", 'relay', 'relay-stopped', 'relay connected'],
    ["the relay's Master: both logs come from the next one", 'master', 'relay-restarted', 'relay connected'],
    ['the pair of the relay: both logs come from its Master', 'pair', 'relay-restarted', 'pair ready'],
  ];
  it.each(relay)('%s', async (_name, role, endReason, isBack) => {
    const { connect, id } = await on.connect('demo-mfp');
    const killed = wallClockMs();
    const [pid] = relayProcesses(join(on.folder, 'server/relay'), role);
    process.kill(pid!, 'SIGKILL');
    expect(await event(connect, 'ended')).toMatchObject({ event: 'ended' });
    expect(await on.ended(id)).toMatchObject({ ending: 'lost-relay', device: { endReason }, terminal: { endReason } });
    await on.logged('the relay is back', (line) => line.msg === isBack && line.at > killed);
    await on.works();
  });

  it('the server: the session continues, and its logs are complete afterwards', async () => {
    const { connect, id, url } = await on.connect('demo-mfp');
    on.stage.programs.server.child.kill('SIGKILL');
    await on.stage.programs.server.exited;
    expect((await fetch(url)).status).toBe(200); // carried without the control plane
    await on.restart('server');
    expect(await on.session(id)).toMatchObject({ state: 'established', ending: null });
    expect((await fetch(url)).status).toBe(200);
    connect.child.kill('SIGINT');
    await connect.exited;
    expect(await on.ended(id)).toMatchObject({
      ending: 'ended-by-terminal',
      device: { endReason: 'requested' },
      terminal: { endReason: 'requested' },
    });
    await on.works();
  });

  it('the server, while the terminal ends: the logs are kept at the relay and come later', async () => {
    const { connect, id } = await on.connect('demo-mfp');
    const server = await readServerPid();
    process.kill(server, 'SIGKILL');
    connect.child.kill('SIGINT');
    await connect.exited;
    await on.restart('server');
    expect(await on.ended(id, 60_000)).toMatchObject({
      ending: 'ended-by-terminal',
      terminal: { endReason: 'requested', state: 'ended' },
      device: { state: 'ended' },
    });
    await on.works();
  });

  async function readServerPid(): Promise<number> {
    return (
      await on.logged('a server', (line) => line.program === 'server' && line.at > 0 && isAlive(Number(line.pid)))
    ).pid as number;
  }
});

describe('at the application', () => {
  it('tells the terminal that the application cannot be reached, and lives on', async () => {
    const { connect, id, url } = await on.connect('demo-mfp', 'down');
    await expect(fetch(url)).rejects.toThrow();
    await connect.until(() => connect.printed.find((line) => /cannot be reached|refused/i.test(line)), 'says why');
    connect.child.kill('SIGINT');
    await connect.exited;
    expect((await on.ended(id)).ending).toBe('ended-by-terminal');
  });
});

describe('at the relay, with connection information of a real control plane', () => {
  /** What the relay says to a first message. */
  function establish(
    url: string,
    first: unknown,
    subprotocol = RELAY_SUBPROTOCOL,
  ): Promise<{ code: string; close: number }> {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(url, subprotocol);
      let code = '';
      ws.once('open', () => ws.send(typeof first === 'string' ? first : JSON.stringify(first)));
      ws.on('message', (data: Buffer) => (code = (JSON.parse(data.toString()) as { code: string }).code));
      ws.once('close', (close) => resolve({ code, close }));
      ws.once('error', reject);
    });
  }
  const other = 'x'.repeat(43);

  it('refuses every wrong session ID and token by name', async () => {
    const { connect, id } = await on.request('demo-mfp');
    connect.child.kill('SIGSTOP'); // it must not take its own connection information
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    await on.step('S180', id);
    const answer = sessionConnection.parse(await on.get(`/api/sessions/${id}/connection`));
    if (answer.status !== 'ready') throw new Error(`connection information is ${answer.status}`);
    const { url, sessionId, token } = answer.connection;
    const hub = url.replace(RELAY_PATHS.terminal, RELAY_PATHS.device);
    const cases: [string, string, unknown, Refusal][] = [
      ['an unknown session ID', url, { type: 'establish', sessionId: other, token }, 'unknown-session'],
      ['a wrong token', url, { type: 'establish', sessionId, token: other }, 'token-refused'],
      ["the other side's session ID", hub, { type: 'establish', sessionId, token }, 'wrong-side'],
      ['no JSON', url, 'hello', 'bad-message'],
      ['an oversized first message', url, 'x'.repeat(5000), 'bad-message'],
    ];
    for (const [what, where, first, code] of cases) {
      expect({ what, ...(await establish(where, first)) }).toEqual({ what, code, close: REFUSALS[code].close });
    }
    await expect(establish(url, {}, 'platen.relay.v9')).rejects.toThrow('400');

    connect.child.kill('SIGCONT'); // after all that, the right one still gets in
    await event(connect, 'listening');
    const used = await establish(url, { type: 'establish', sessionId, token });
    expect(used).toEqual({ code: 'token-used', close: REFUSALS['token-used'].close });
    connect.child.kill('SIGINT');
    await connect.exited;
    await on.ended(id);
    const late = await establish(url, { type: 'establish', sessionId, token });
    expect(late.code).toBe('unknown-session');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
