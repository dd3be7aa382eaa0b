import { randomBytes, randomUUID } from 'node:crypto';
import { ControlPlane, announcedPrinter, type Prepared, type Who } from '../../../test/support/server/control-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { announce, approval } from '../../protocol/control-channel';
import type { Half } from '../../protocol/remote-session';

/** E20: session IDs and tokens are issued only after a user has requested them and the person at the device approved. */
describe('the connection information of a session', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());
  afterEach(async () => {
    jest.restoreAllMocks();
    await plane.clear();
  });

  it('does not exist before YES, and is not issued after NO', async () => {
    const id = await plane.requested();
    for (const who of ['tom', 'tess', 'ada'] as const) {
      const answer = await plane.call(who, 'GET', `/sessions/${id}/connection`);
      if (who === 'tom') expect(answer.body).toMatchObject({ status: 'waiting', state: 'requested' });
      else expect(answer.body.code).toBe('unknown-session');
      expect(JSON.stringify(answer.body)).not.toMatch(/token|sessionId/);
    }
    expect([...plane.relay.links.values()]).toEqual([]);
    await plane.decide(id, 'declined');
    await plane.agent.settled();
    const sent = plane.agent.asked.filter((each) => each.body.remoteSessionId === id);
    expect(sent.map(({ name }) => name)).toEqual(['request-approval']);
    expect(JSON.stringify(sent)).not.toMatch(/token|sessionId|[\w-]{43}/);
    expect([...plane.relay.links.values()]).toEqual([]);
  });

  it('is not issued when another agent answers', async () => {
    const other = await plane.streamOf(await plane.enrol('another'));
    await other.ask(announce, { agentVersion: '1', devices: [announcedPrinter('elsewhere')] });
    const id = await plane.requested();
    for (const decision of ['approved', 'declined'] as const)
      expect(await other.ask(approval, { remoteSessionId: id, decision })).toBe('unknown-session');
    expect(await plane.session(id)).toMatchObject({ state: 'requested', ending: null });
    expect([...plane.relay.links.values()]).toEqual([]);
    await other.leave();
  });

  it('differs between the halves and between sessions', async () => {
    const secrets: string[] = [];
    for (const who of ['tom', 'tess'] as const) {
      const { device, terminal } = await plane.prepared(who);
      secrets.push(device.token, device.sessionId, terminal.token, terminal.sessionId);
    }
    expect(new Set(secrets).size).toBe(8);
  });

  it('is issued to the user of the session only, until both halves are connected', async () => {
    const { id, link } = await plane.prepared('tom');
    for (const who of ['tess', 'ada'] as const)
      expect((await plane.call(who, 'GET', `/sessions/${id}/connection`)).status).toBe(404);
    expect((await plane.call(undefined, 'GET', `/sessions/${id}/connection`)).status).toBe(401);
    await plane.relay.start(link, 'device');
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'ready' });
    await plane.relay.start(link, 'terminal');
    expect(await plane.connection('tom', id)).toEqual({ status: 'waiting', state: 'established' });
  });

  it('is answered at the next change to a poll that names the known state', async () => {
    setLimit('POLL_HELD_MS', 3_600_000);
    const id = await plane.requested();
    const poll = (known: string, who: Who = 'tom') =>
      plane.call(who, 'GET', `/sessions/${id}/connection?known=${known}`);
    expect((await poll('approved')).body).toMatchObject({ status: 'waiting', state: 'requested' });
    const held = poll('requested');
    await plane.decide(id, 'approved');
    let { body } = await held;
    while (body.status === 'waiting') ({ body } = await poll(String(body.state)));
    expect(body).toMatchObject({ status: 'ready' });
    expect((await poll('nonsense')).body).toMatchObject({ code: 'invalid-request' });
    expect((await poll('requested', 'tess')).status).toBe(404);
  });

  it('opens its own half, at its own relay', async () => {
    const { id, link, device, terminal } = await plane.prepared();
    const permitted = { outcome: 'permitted', remoteSessionId: id, validUntil: device.validUntil };
    expect(await plane.relay.authenticate(link.linkId, 'device', device.token)).toEqual(permitted);
    expect(await plane.relay.authenticate(link.linkId, 'terminal', terminal.token)).toEqual(permitted);
  });

  const foreign = randomBytes(32).toString('base64url');
  type Try = [linkId: string, half: Half, token: string];
  const refusals: [string, (prepared: Prepared) => Promise<Try> | Try, string][] = [
    ['a wrong token', ({ link }) => [link.linkId, 'device', foreign], 'token-refused'],
    [
      "the terminal's at the device's side",
      ({ link, terminal }) => [link.linkId, 'device', terminal.token],
      'wrong-side',
    ],
    [
      "the device's at the terminal's side",
      ({ link, device }) => [link.linkId, 'terminal', device.token],
      'wrong-side',
    ],
    ['one of another session', ({ device }) => [randomUUID(), 'device', device.token], 'unknown-session'],
    [
      'one that has been used',
      async ({ link, device }) => {
        await plane.relay.start(link, 'device');
        return [link.linkId, 'device', device.token];
      },
      'token-used',
    ],
    [
      'one whose half has ended',
      async ({ link, device }) => {
        await plane.relay.start(link, 'device');
        await plane.relay.end(link, 'device', 'lost');
        return [link.linkId, 'device', device.token];
      },
      'token-used',
    ],
    [
      'one of a session that was cancelled',
      async ({ id, link, device }) => {
        await plane.call('tom', 'POST', `/sessions/${id}/termination`);
        return [link.linkId, 'device', device.token];
      },
      'token-expired',
    ],
  ];
  it.each(refusals)('refuses %s', async (_, prepare, code) => {
    const attempt = await prepare(await plane.prepared());
    expect(await plane.relay.authenticate(...attempt)).toEqual({ outcome: 'refused', code });
  });

  it('is invalid at another relay, which cannot affect the session', async () => {
    const { id, link, device } = await plane.established();
    const other = await plane.anotherRelay('other');
    const code = 'unknown-session';
    expect(await other.authenticate(link.linkId, 'device', device.token)).toEqual({ outcome: 'refused', code });
    await other.requestTermination(link.linkId, 'terminal');
    expect(await other.end(link, 'device', 'lost')).toEqual({ known: false });
    expect(await plane.session(id)).toMatchObject({ state: 'established', device: { state: 'connected' } });
    await other.leave();
  });
});
