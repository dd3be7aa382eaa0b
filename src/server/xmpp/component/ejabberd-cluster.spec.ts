import { until } from '../../../../test/support/until';
import { ControlChannel, DOMAIN, PASSWORD } from '../../../../test/support/xmpp/control-channel';
import { startEjabberd } from '../../../../test/support/xmpp/engines/ejabberd';
import type { XmppEngine } from '../../../../test/support/xmpp/engines/engine';
import { XmppWire } from '../../../../test/support/xmpp/xmpp-wire';
import { freePorts } from '../../../demo/free-ports';
import { approval, terminate } from '../../../protocol/control-channel';
import type { XmppLimits } from '../xmpp-limits';

const SESSION = '5d1b2a0e-8f4c-4f5e-9d6a-3f0a1c2b4d5e';
const ENDED = { remoteSessionId: SESSION, ending: 'expired' as const };
const payload = (name: string, body: object) =>
  `<${name} xmlns='urn:platen:session:1'><json xmlns='urn:xmpp:json:0'>${JSON.stringify(body)}</json></${name}>`;

describe('agents at two nodes of ejabberd', () => {
  const nodes: XmppEngine[] = [];
  const wires: XmppWire[] = [];
  let channel: ControlChannel;

  /** A stream at this node. */
  const loginAt = async (node: number, agentId: string): Promise<XmppWire> => {
    const wire = await XmppWire.connect(nodes[node]!.port, DOMAIN, '', true);
    wires.push(wire);
    await wire.login(agentId, PASSWORD);
    await wire.ping();
    return wire;
  };
  /** The server is the component of this node. */
  const startAt = async (node: number, limits?: Partial<XmppLimits>) =>
    (channel = await ControlChannel.at(nodes[node]!, limits));

  beforeAll(async () => {
    const [port] = (await freePorts(1)) as [number];
    nodes.push(await startEjabberd(DOMAIN, { address: '127.0.0.1', port }));
    nodes.push(await startEjabberd(DOMAIN, { address: '127.0.0.2', port, joins: '127.0.0.1' }));
    await startAt(0);
    await until('both nodes to be one', () => loginAt(1, 'first').catch(() => undefined));
    await channel.stop();
  });
  beforeEach(() => startAt(0));
  afterEach(async () => {
    for (const wire of wires.splice(0)) wire.destroy();
    await channel.stop();
  });
  afterAll(async () => {
    for (const node of nodes) await node.stop();
  });

  it('exchange requests with the server, whichever node it is connected to', async () => {
    const asked: string[] = [];
    channel.transport.handle(approval, (agentId) => {
      asked.push(agentId);
      return Promise.resolve({});
    });
    const wire = await loginAt(1, 'agent');
    wire.write(`<iq type='set' id='q'>${payload('approval', { remoteSessionId: SESSION, decision: 'approved' })}</iq>`);
    await wire.expect(/<iq type="result" id="q"/);
    expect(asked).toEqual(['agent']);
    const answer = channel.transport.request('agent', terminate, ENDED);
    const [, id] = await wire.expect(/<iq type="set" id="([^"]*)"/);
    wire.write(`<iq type='result' id='${id}'>${payload('terminate', { connected: true })}</iq>`);
    expect(await answer).toEqual({ connected: true });
  });

  it('have one stream, whichever node it is at', async () => {
    const older = await loginAt(1, 'agent');
    const newer = await loginAt(0, 'agent');
    await older.expect(/<stream:error><conflict /);
    await older.expectClosed();
    await newer.ping();
    newer.destroy();
    await until('offline', () => channel.presence.join() === 'agent+,agent+,agent-');
  });

  it('lose their streams at both nodes when the server connects to the other one', async () => {
    const streams = [await loginAt(0, 'agent'), await loginAt(1, 'other')];
    const earlier = channel;
    await startAt(1);
    for (const wire of streams) await wire.expectClosed();
    await earlier.stop();
    await until('an agent to be connected', () => loginAt(0, 'agent').catch(() => undefined));
    expect(channel.transport.onlineAgents()).toEqual(['agent']);
  });

  it('at a node that fails are offline, and connect to the other one', async () => {
    await channel.stop();
    // only the engine ends streams
    await startAt(0, { XMPP_PING_INTERVAL_MS: 3_600_000, XMPP_PROBE_IDLE_MS: 3_600_000 });
    const wire = await loginAt(1, 'agent');
    await nodes[1]!.kill();
    await wire.expectClosed();
    await until('offline', async () => {
      await channel.transport.request('agent', terminate, ENDED, { timeoutMs: 500 }).catch(() => undefined);
      return !channel.transport.isOnline('agent');
    });
    await loginAt(0, 'agent');
    expect(channel.presence).toEqual(['agent+', 'agent-', 'agent+']);
  });
});
