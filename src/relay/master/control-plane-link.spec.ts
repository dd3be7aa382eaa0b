import { setLimit, startTestRelay, type TestRelay } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';

describe('ControlPlaneLink', () => {
  let test: TestRelay;

  beforeEach(async () => {
    test = await startTestRelay();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await test.stop();
  });

  const away = () => test.recorded.lines.some(({ msg }) => msg === 'the connection to the control plane was lost');

  it('reconnects automatically, announces itself again, and still knows its links', async () => {
    const session = await test.controlPlane.prepare();
    const { port } = test.controlPlane;
    await test.controlPlane.away();
    await until('the relay to notice', away);
    await test.controlPlane.back(port);
    const { sessions } = await test.controlPlane.ask('list-sessions', {});
    expect(sessions).toMatchObject([{ linkId: session.linkId, device: 'waiting', terminal: 'waiting' }]);
    expect(test.controlPlane.announcements).toHaveLength(2);
  });

  it('warns about a refused secret and keeps retrying', async () => {
    setLimit('RETRY_MAX_MS', 20);
    const plane = test.controlPlane;
    plane.acceptsSecret = false;
    const { port } = plane;
    await plane.away();
    await plane.back(port);
    const before = plane.upgrades;
    await until('further tries', () => plane.upgrades >= before + 2);
    expect(test.recorded.lines.some(({ msg }) => String(msg).includes('refused the secret'))).toBe(true);
    plane.acceptsSecret = true;
    expect(await plane.ask('health', {})).toMatchObject({ links: 0 });
  });

  it('reports a relay without control plane as orphaned, but only when it has no links', async () => {
    setLimit('RELAY_ORPHAN_MS', 6_000); // a relay that starts is without control plane, too; it looks every 100 ms
    const other = await startTestRelay();
    const connectMs = 400;
    const prepared = Date.now();
    await other.controlPlane.prepare({ connectMs });
    setLimit('RELAY_ORPHAN_MS', 60);
    await other.controlPlane.away();
    await other.relay.orphaned;
    expect(Date.now() - prepared).toBeGreaterThanOrEqual(connectMs);
    await other.stop();
  });

  it('stops immediately while it is dialling', async () => {
    const other = await startTestRelay({ rpcUrl: 'ws://127.0.0.1:9/internal/relay' });
    await until('a try', () => other.recorded.messages().includes('the control plane cannot be reached'));
    await other.stop();
  });
});
