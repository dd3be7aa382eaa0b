import { randomBytes, randomUUID } from 'node:crypto';
import { ControlPlane } from '../../../../test/support/server/control-plane';
import type { ScriptedAgent } from '../../../../test/support/agent/scripted-agent';
import { until } from '../../../../test/support/until';
import type { Enrolment } from '../../../protocol/control-channel';
import { installationResource, type PresentedInstallation } from '../../../protocol/installation';

const secret = () => randomBytes(32).toString('base64url');
const installation = (): PresentedInstallation => ({
  run: randomUUID(),
  installationId: randomUUID(),
  continuation: secret(),
  next: secret(),
});
/** The next login of the same process. */
const after = ({ next, ...rest }: PresentedInstallation) => ({ ...rest, continuation: next, next: secret() });
/** Another process on a copy of the same folder. */
const copyOf = (it: PresentedInstallation) => ({ ...it, run: randomUUID() });

describe('an account on the control channel', () => {
  let plane: ControlPlane;
  let account: Enrolment;
  let first: PresentedInstallation;
  const agents: ScriptedAgent[] = [];
  let agentId = '';
  beforeAll(async () => {
    plane = await ControlPlane.start();
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    agentId = `hall-${randomUUID().slice(0, 8)}`;
    account = await plane.enrol(agentId);
    first = installation();
    await login(first);
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.leave();
  });

  async function login(as?: PresentedInstallation): Promise<ScriptedAgent> {
    const agent = await plane.streamOf(account, as && installationResource(as));
    agents.push(agent);
    return agent;
  }
  const leave = async () => {
    for (const agent of agents.splice(0)) await agent.leave();
    await until('the agent to be offline', async () => !(await listed()).online);
  };
  const listed = async () => {
    const all = (await plane.call('ada', 'GET', '/agents')).body as unknown as { id: string; online: boolean }[];
    return all.find(({ id }) => id === agentId)!;
  };
  const rowsOf = async (who: 'ada' | 'tom', path: string) =>
    (await plane.call(who, 'GET', path)).body.rows as Record<string, string>[];
  const notices = async (who: 'ada' | 'tom' = 'ada') =>
    (await rowsOf(who, '/notices?limit=200')).filter((each) => each.agentId === agentId);
  const audited = async () =>
    (await rowsOf('ada', '/audit?limit=200'))
      .filter(({ target, action }) => target === agentId && action?.startsWith('agent.installation'))
      .map(({ action, detail }) => `${action} ${detail}`.trim());

  const away: [name: string, as: () => PresentedInstallation | undefined, outcome: 'admitted' | 'not-allowed'][] = [
    ['a restart of the installation', () => copyOf(after(first)), 'admitted'],
    ['a login that repeats one whose answer was lost', () => copyOf(first), 'admitted'],
    ['another installation with the same credentials', installation, 'not-allowed'],
    ['a login that identifies no installation', () => undefined, 'not-allowed'],
    ['an invented continuation', () => ({ ...first, continuation: secret(), next: secret() }), 'not-allowed'],
  ];
  it.each(away)('while its agent is away: %s', async (_name, as, outcome) => {
    await leave();
    if (outcome === 'admitted') await login(as());
    else await expect(login(as())).rejects.toThrow(`bind refused: ${outcome}`);
    expect((await listed()).online).toBe(outcome === 'admitted');
  });

  it('a copy that was made earlier is outdated, whichever of both logs in first', async () => {
    await leave();
    const copy = copyOf(after(first));
    await login(copyOf(after(first)));
    await leave();
    await expect(login(copy)).rejects.toThrow('bind refused: not-allowed');
  });

  it('the process that has it replaces its own broken stream at once', async () => {
    await login(after(first));
    await until('the older stream to be closed', () => agents[0]!.wire.isClosed);
    expect(agents[0]!.wire.received).toContain('conflict');
  });

  it.each<[string, () => PresentedInstallation | undefined]>([
    ['a copy of its folder', () => copyOf(after(first))],
    ['another installation', installation],
    ['a program that identifies no installation', () => undefined],
  ])('%s does not displace a running agent; an administrator is notified once', async (_name, as) => {
    for (let time = 0; time < 2; time++) await expect(login(as())).rejects.toThrow('bind refused: conflict');
    await agents[0]!.settled();
    await until('the notice', async () => (await notices()).length > 0);
    expect(await notices()).toMatchObject([{ kind: 'agent-refused', agentId }]);
    expect(await notices('tom')).toEqual([]);
    await until('the record in the audit trail', async () => (await audited()).length > 0); // it follows the notice
    expect(await audited()).toEqual(['agent.installation-refused in-use 127.0.0.1']);
  });

  it('of two copies that log in at once, one is refused and the other keeps the account', async () => {
    await leave();
    const both = await Promise.allSettled([login(copyOf(after(first))), login(copyOf(after(first)))]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await agents[0]!.settled();
  });

  it('a restarted agent replaces a stream that no longer answers', async () => {
    agents[0]!.wire.socket.pause();
    await login(copyOf(after(first)));
    await agents[1]!.settled();
  });

  it('an administrator can allow another installation, after a restore from a backup', async () => {
    await leave();
    const restored = copyOf({ ...first, continuation: secret() });
    await login(copyOf(after(first)));
    await leave();
    await expect(login({ ...restored, next: secret() })).rejects.toThrow('not-allowed');
    expect((await plane.call('tom', 'DELETE', `/agents/${agentId}/installation`)).status).toBe(403);
    expect((await plane.call('ada', 'DELETE', `/agents/${agentId}/installation`)).status).toBe(204);
    await login(restored);
    expect(await audited()).toContain('agent.installation-released');
    expect((await plane.call('ada', 'DELETE', '/agents/none/installation')).status).toBe(404);
  });

  it('a new enrolment code gives it to the installation that has used it', async () => {
    await leave();
    account = await plane.enrol(agentId);
    await login(installation());
  });
});
