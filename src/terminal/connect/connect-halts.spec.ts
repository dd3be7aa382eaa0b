import { plainHttp } from '../../../test/support/plain-http';
import { setLimit } from '../../../test/support/relay/test-relay';
import { sampleEndedSession, sampleSession } from '../../../test/support/samples/api-samples';
import { ConnectStage } from '../../../test/support/terminal/connect-stage';
import { problemAnswer, type FakeApiAnswer } from '../../../test/support/terminal/fake-api';
import { until } from '../../../test/support/until';
import type { Session, SessionConnection } from '../../protocol/api';
import { TERMINAL_LIMITS } from '../terminal-limits';

describe('platen connect, while a relay is being deployed', () => {
  let on: ConnectStage;
  beforeEach(async () => {
    on = await ConnectStage.set();
  });
  afterEach(async () => {
    await on.strike();
    jest.restoreAllMocks();
  });

  const halted: Session = {
    ...sampleSession,
    state: 'halting',
    ending: 'halted-by-deployment',
    device: sampleEndedSession.device,
  };
  it('shows a halt as soon as the control plane reports it, before the relay has ended the half', async () => {
    await on.start(() => [on.ready()]);
    await on.event('listening');
    on.record({ ...halted, device: { ...halted.device, state: 'connected', endedAt: null } });
    on.relay.send({ type: 'draining', returnAfterSeconds: 5 });
    // a second poll means that the first answer contained no halt
    await until('two polls of the session', () => on.api.requests.filter(({ line }) => line === on.show).length > 1);
    expect(on.terminal.journal.steps()).not.toContain('S316'); // the device's half has not ended yet
    on.record(halted);
    await on.event('halted');
    expect(on.terminal.journal.steps().at(-1)).toBe('S316');
    on.record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    on.relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    expect(await on.exit).toBe(27);
    expect(on.terminal.journal.steps().slice(-2)).toEqual(['S316', 'S338']);
    expect(on.order('draining', 'halted', 'ended').map((each) => each.event)).toEqual(['draining', 'halted', 'ended']);
    expect(await on.event('ended')).toMatchObject({ ending: 'halted-by-deployment', exitCode: 27 });
  });

  it('continues after a deployment that was stopped, and shows the halt of a later one', async () => {
    jest.replaceProperty(TERMINAL_LIMITS, 'SUMMARY_MS', 0 as never); // the end logs never arrive
    await on.start(() => [on.ready()]);
    await on.event('listening');
    const polls = () => on.api.requests.filter(({ line }) => line === on.show).length;
    on.record(sampleSession);
    on.relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await until('a poll of the session', () => polls() > 0);
    on.relay.send({ type: 'resumed' });
    await on.event('resumed');
    on.record(halted);
    on.relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await on.event('halted');
    on.relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    expect(await on.exit).toBe(27);
    expect(on.order('draining', 'resumed', 'halted').map((each) => each.event)).toEqual([
      'draining',
      'resumed',
      'draining',
      'halted',
    ]);
  });

  it.each<[string, () => void]>([
    ['by the relay', () => on.relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' })],
    ['by the control plane after the relay was lost', () => on.relay.cut()],
  ])('shows a halt that is reported %s', async (_what, end) => {
    on.record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    await on.start(() => [on.ready()]);
    await on.event('listening');
    end();
    expect(await on.exit).toBe(27);
    expect(on.terminal.journal.steps().filter((step) => step === 'S316')).toHaveLength(1);
    expect(on.order('halted')).toHaveLength(1);
  });

  it('waits for the reason after the device has ended its half for a deployment', async () => {
    jest.replaceProperty(TERMINAL_LIMITS, 'SETTLE_MS', 0 as never);
    await on.start(() => [on.ready()]);
    const { url } = await on.event('listening');
    on.relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await on.event('draining');
    on.relay.endDevice();
    await until('the end of the tunnel', () =>
      plainHttp(String(url))
        .catch(() => 'cut')
        .then((answer) => answer === 'cut'),
    );
    on.record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    await on.event('halted'); // reported later than SETTLE_MS
    on.relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    expect(await on.exit).toBe(27);
    expect(on.relay.received).not.toContainEqual({ type: 'terminate' });
  });

  it('shows a halt before the device has connected', async () => {
    await on.start(() => [{ status: 'over', ending: 'halted-by-deployment', detail: 'took too long' }]);
    expect(await on.exit).toBe(27);
    expect(await on.event('ended')).toMatchObject({ exitCode: 27, detail: 'took too long' });
    expect(on.terminal.journal.steps()).toContain('S316');
  });

  it('reports a halt instead of the refusal of the relay', async () => {
    const over: SessionConnection = { status: 'over', ending: 'halted-by-deployment', detail: '' };
    await on.start(() => [on.ready(), over], { refuse: ['unknown-session'] });
    expect(await on.exit).toBe(27);
  });

  const deploying = (): FakeApiAnswer => {
    const { status, headers, body } = problemAnswer('deployment-in-progress');
    return { status, headers, body: { ...(body as object), retryAfterSeconds: 1 } };
  };
  const ASK = 'POST /api/sessions';
  const accepted = (): FakeApiAnswer => ({ status: 201, body: sampleSession });

  it('waits while a relay is being deployed, then continues', async () => {
    const answers = [deploying(), deploying(), accepted()];
    on.api.routes[ASK] = () => answers.shift()!;
    await on.start(() => [on.ready()]);
    await on.event('listening');
    expect(on.order('deployment', 'requested').map((each) => each.event)).toEqual([
      'deployment',
      'deployment',
      'requested',
    ]);
    expect(on.terminal.err().match(/A new relay is being deployed/g)).toHaveLength(1);
  });

  it('stops waiting for a deployment on Ctrl-C', async () => {
    on.api.routes[ASK] = deploying;
    await on.start(() => []);
    await on.event('deployment');
    on.terminal.interrupt();
    expect(await on.exit).toBe(20);
    expect(new Set(on.api.requests.map(({ line }) => line))).toEqual(new Set([ASK, 'GET /api/devices/copy-room']));
  });

  it('gives up when a deployment takes too long', async () => {
    setLimit('DEPLOYMENT_WAIT_MS', 0);
    on.api.routes[ASK] = deploying;
    await on.start(() => []);
    expect(await on.exit).toBe(17);
  });

  it('with --again, requests access again after a halt and keeps the local port', async () => {
    const answers = [accepted(), deploying(), problemAnswer('session-exists'), accepted()];
    on.api.routes[ASK] = () => answers.shift()!;
    on.record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    await on.start(() => [on.ready()], {}, { again: true });
    const { url } = await on.event('listening');
    on.relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    await until('the second connection', () => on.order('listening').length === 2);
    expect((await plainHttp(String(url))).text).toBe('hello');
    on.record(sampleEndedSession);
    on.terminal.interrupt();
    expect(await on.exit).toBe(0);
    expect(on.order('requested', 'listening', 'deployment', 'halted', 'ended').map((each) => each.event)).toEqual([
      'requested',
      'listening',
      'halted',
      'ended',
      'deployment',
      'requested',
      'listening',
      'ended',
    ]);
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
