import { randomUUID } from 'node:crypto';
import { DeploymentPlane } from '../../../../test/support/deployment/deployment-plane';
import type { ScriptedLink } from '../../../../test/support/relay/scripted-relay';
import { setLimit } from '../../../../test/support/relay/test-relay';
import type { Prepared } from '../../../../test/support/server/control-plane';
import { until } from '../../../../test/support/until';
import type { SessionDifference } from '../../../protocol/deployment';
import { HALVES } from '../../../protocol/remote-session';

/** The device list screen (Fig. 18) shows what the relay answers (S312), and where the records of the server differ. */
describe('the device list', () => {
  let stage: DeploymentPlane;
  beforeAll(async () => (stage = await DeploymentPlane.start()));
  afterEach(() => jest.restoreAllMocks());
  afterEach(() => stage.reset());
  afterAll(() => stage?.stop());

  const relay = () => stage.plane.relay;
  const unrecorded = (deviceId?: string): ScriptedLink => ({
    linkId: randomUUID(),
    remoteSessionId: randomUUID(),
    deviceId,
    sessionIds: { device: '', terminal: '' },
    device: 'connected',
    terminal: 'connected',
    bytesFromDevice: 7,
    bytesFromTerminal: 5,
    tokenHashes: { device: null, terminal: null },
  });
  const add = (link: ScriptedLink) => relay().links.set(link.linkId, link);
  const rowOf = async (id: string, remoteSessionId: string) =>
    (await stage.get(id)).sessions.find((row) => row.remoteSessionId === remoteSessionId);
  const finished = (id: string) => stage.reaches(id, 'deployed', 'rolled-back', 'failed');

  it('names the devices that the relay reports for the deployment', async () => {
    const { id: remoteSessionId, link } = await stage.plane.established('tom');
    expect(link.deviceId).toBe('printer');
    const made = await stage.instruct();
    expect(made).toMatchObject({
      relayAnswer: 'complete',
      sessions: [{ remoteSessionId, deviceId: 'printer', userName: 'TOM', difference: null }],
    });
    expect(relay().listsMade).toEqual([made.id]);
  });

  const differences: [SessionDifference, make: (tom: Prepared) => unknown, undo: (tom: Prepared) => unknown][] = [
    ['other-device', ({ link }) => (link.deviceId = 'another'), ({ link }) => (link.deviceId = 'printer')],
    ['not-at-relay', ({ link }) => relay().links.delete(link.linkId), ({ link }) => add(link)],
  ];
  it.each(differences)('shows a difference until it is over: %s', async (difference, make, undo) => {
    const tom = await stage.plane.established('tom');
    make(tom);
    const { id, sessions } = await stage.instruct();
    expect(sessions).toMatchObject([{ remoteSessionId: tom.id, outcome: 'open', difference }]);
    undo(tom);
    await until('agreement', async () => (await rowOf(id, tom.id))?.difference === null);
  });

  it('shows a session that has ended on this server, and has the relay end it before it is replaced', async () => {
    setLimit('RELAY_WATCH_MS', 0);
    const { id: remoteSessionId, link } = await stage.plane.established('tom');
    for (const half of HALVES) await relay().end(link, half, 'requested');
    await stage.plane.reaches(remoteSessionId, 'ended');
    Object.assign(link, { device: 'connected', terminal: 'connected' });
    const { id, state, sessions } = await stage.instruct();
    expect(state).toBe('listed');
    expect(sessions).toMatchObject([
      { remoteSessionId, userName: 'TOM', outcome: 'open', difference: 'ended-at-server' },
    ]);
    relay().onEndSession = (linkId, half) => (relay().links.get(linkId)![half] = 'ended');
    await stage.press(id, 'execution', {});
    expect(await finished(id)).toMatchObject({
      state: 'deployed',
      sessions: [{ outcome: 'ended-by-itself', difference: null }],
    });
  });

  it.each(['somewhere', undefined])(
    'shows a session without a record, and has the relay end it before it is replaced (device: %s)',
    async (deviceId) => {
      const link = unrecorded(deviceId);
      add(link);
      const { id, state, sessions } = await stage.instruct();
      expect(state).toBe('listed');
      const row = {
        remoteSessionId: link.remoteSessionId,
        deviceId: deviceId ?? null,
        applicationId: null,
        userName: '',
      };
      const difference = 'unknown-at-server';
      expect(sessions).toMatchObject([{ ...row, bytesFromDevice: 7, outcome: 'open', difference }]);
      const ended: string[] = [];
      relay().onEndSession = (linkId, half) => {
        ended.push(half);
        relay().links.get(linkId)![half] = 'ended';
      };
      await stage.press(id, 'execution', {});
      expect(await finished(id)).toMatchObject({
        state: 'deployed',
        sessions: [{ ...row, outcome: 'forced', difference }],
      });
      expect(ended.sort()).toEqual(['device', 'terminal']);
    },
  );

  it('is limited, however many sessions a relay invents', async () => {
    for (let count = 0; count < 150; count++) add(unrecorded('invented'));
    expect((await stage.instruct()).sessions).toHaveLength(100);
  });

  it('says that the relay does not answer, executes nothing meanwhile, and is made up for', async () => {
    relay().before = (method) => {
      if (method === 'list-sessions') throw new Error('busy');
      return Promise.resolve();
    };
    const { id, state, relayAnswer } = await stage.instruct();
    expect({ state, relayAnswer }).toEqual({ state: 'listed', relayAnswer: 'no-answer' });
    relay().before = () => Promise.resolve();
    await until('its answer', async () => (await stage.get(id)).relayAnswer === 'complete');
  });

  it('says that a pair of the relay does not answer', async () => {
    await stage.plane.established('tom');
    relay().silentPairs = [2];
    expect((await stage.instruct()).relayAnswer).toBe('pair-silent');
  });
});
