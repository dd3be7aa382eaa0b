import { sessionWithSteps } from '../../src/protocol/api';
import { event } from '../../src/demo/scenario';
import { finished } from '../../src/demo/stage';
import { LAN, networksMissing, ROUTERS, type Customer, type Host } from '../support/customer-networks';
import { NetworkStage } from '../support/stage/network-stage';

const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);

const CUSTOMERS = ['a', 'b'] as const;

let on: NetworkStage;

const reaches = async (from: Host, url: string, withinSeconds: number): Promise<boolean> =>
  (await on.networks.run(from, 'curl', '-sS', '--max-time', `${withinSeconds}`, '-o', '/dev/null', url)).code === 0;

/** A session with the customer's MFP, from the request to the end. @returns its ID */
async function connectsTo(name: Customer): Promise<string> {
  const connect = on.terminal('admin', ['connect', `mfp-${name}`, 'web', '--reason', 'Streaks', '--json']);
  try {
    const { sessionId } = await event(connect, 'requested');
    await on.pressYes(name, sessionId);
    const { url } = await event(connect, 'listening');
    expect(await on.page('internet', String(url))).toContain(`SERIAL-${name}`);
    connect.child.kill('SIGINT');
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-terminal' });
    expect(await connect.exited).toBe(0);
    return sessionId;
  } finally {
    await connect.stop('SIGKILL');
  }
}

(missing === undefined ? describe : describe.skip)('two customers behind NAT with equal addresses', () => {
  beforeAll(async () => {
    on = await NetworkStage.set();
    await Promise.all(CUSTOMERS.map((name) => on.startCustomer(name, { wake: { host: LAN.agent, port: 8633 } })));
  });
  afterAll(() => on?.strike());

  it('admit no connection from outside', async () => {
    // as an attacker on the provider's network, who can route to the LANs
    await on.networks.run('internet', 'ip', 'route', 'replace', '192.168.1.0/24', 'via', ROUTERS.a);
    expect(await reaches('agent-a', `http://${LAN.device}/`, 60)).toBe(true);
    const outside = [LAN.device, ...Object.values(ROUTERS).map((router) => `${router}:8631`)];
    const reached = await Promise.all(outside.map((address) => reaches('internet', `http://${address}/`, 3)));
    expect(reached).toEqual([false, false, false]);
  });

  it.each(CUSTOMERS)("lead to the device of customer %s, although the other's has the same address", async (name) => {
    await connectsTo(name);
  });

  it('let a session be opened and ended through another agent when the control channel is blocked', async () => {
    await on.startAgent('second', 'a', 'spare-a', { substituteFor: [{ host: LAN.agent, port: 8633 }] });
    await on.programOn('agent-a').stop();
    const block = [
      'add table inet blocked',
      'add chain inet blocked out { type filter hook output priority 0; }',
      'add rule inet blocked out tcp dport 5223 reject with tcp reset',
    ].join('; ');
    expect(await on.networks.run('agent-a', 'nft', block)).toMatchObject({ code: 0 });
    const target = on.runAgent('agent-a');
    await target.logged('no control channel');

    const sessionId = await connectsTo('a');
    const { printed } = await finished(on.terminal('admin', ['session', sessionId, '--json']));
    const ended = sessionWithSteps.parse(JSON.parse(printed.join('')));
    const inOrder = { state: 'ended', endReason: 'requested' };
    expect(ended).toMatchObject({ device: inOrder, terminal: inOrder });
    // not through the agent of the other customer, whose LAN has the same addresses
    expect(ended.steps.filter(({ step }) => step === 'wake').map(({ detail }) => detail)).toEqual(['second-a: woken']);
    expect(target.log.some(({ msg }) => msg === 'agent online')).toBe(false);
  });
});
