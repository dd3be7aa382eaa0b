import type { ScriptedRelay } from '../../../test/support/relay/scripted-relay';
import { setLimit } from '../../../test/support/relay/test-relay';
import { ControlPlane } from '../../../test/support/server/control-plane';

describe('a relay that carried a session which has failed', () => {
  let plane: ControlPlane;
  let east: ScriptedRelay;
  beforeAll(async () => {
    setLimit('RELAY_WATCH_MS', 50);
    setLimit('RELAY_SETTLE_MS', 0);
    setLimit('DIAL_TIMEOUT_MS', 100);
    plane = await ControlPlane.start({ PLATEN_SESSION_DOMAIN: 'sessions.example.test' });
    await plane.call('ada', 'PUT', `/sites/${plane.siteId}/relay-preference`, {
      preference: { region: 'eu', only: false },
    });
  });
  const connected = async (id: string) => {
    east = await plane.anotherRelay(id, { region: 'eu' });
    // it ends what it is asked to end
    east.onEndSession = (linkId, half) => {
      const link = east.links.get(linkId);
      if (link) void east.end(link, half, 'requested').catch(() => undefined);
    };
  };
  afterEach(async () => {
    plane.agent.answers.delete('connection-info');
    await east.leave();
    await plane.clear();
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });

  const approved = async (who: 'tom' | 'tess') => {
    const id = await plane.requested(who);
    await plane.decide(id, 'approved');
    return id;
  };
  const relayOf = async (id: string) => (await plane.session(id)).relay;

  const refusedByAgent = async () => {
    plane.agent.answers.set('connection-info', { problem: 'forbidden', detail: 'not today' });
    return approved('tom');
  };
  const unknownToRelay = async () => {
    const id = await approved('tom');
    await plane.reaches(id, 'prepared');
    east.links.delete(east.linkOf(id).linkId);
    return id;
  };
  /** No relay listens at the address that a scripted one names. */
  const notDialled = async () => {
    const id = await approved('tom');
    await plane.reaches(id, 'prepared');
    expect(await plane.call('tom', 'POST', `/sessions/${id}/browser`)).toMatchObject({
      body: { code: 'relay-unavailable' },
    });
    return id;
  };

  it.each([
    ['is chosen again if the agent had refused the connection information', 'refused', refusedByAgent, true],
    ['is avoided if it has no record of the session', 'unknown', unknownToRelay, false],
    ['is avoided if this server could not connect to it', 'unreachable', notDialled, false],
  ])('%s', async (_, relayId, fail, isChosen) => {
    await connected(relayId);
    const failed = await fail();
    expect(await plane.reaches(failed, 'ended')).toMatchObject({ ending: 'failed', relay: { relayId } });
    plane.agent.answers.delete('connection-info');
    const id = await approved('tess');
    await plane.reaches(id, 'prepared');
    expect(await relayOf(id)).toMatchObject({ relayId: isChosen ? relayId : 'local' });
  });
});
