import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { CheckFinding } from '../protocol/check-finding';
import { NO_PROXY } from '../tunnel/outbound-proxy';
import { parseConfiguration } from './configuration/configuration';
import { RemoteCheck, withoutHosts } from './remote-check';

type Answer = (body: { deviceId: string | null }) => Promise<{ findings: CheckFinding[] }>;

describe('the check on request of the server', () => {
  let open: Server;
  let port: number;
  beforeAll(async () => {
    open = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(open, 'listening');
    ({ port } = open.address() as AddressInfo);
  });
  afterAll(() => open.close());

  const start = (startReading: (id: string) => Promise<boolean>, answerMs?: number): Answer => {
    const applications = [
      { id: 'web', title: 'Web', target: `http://127.0.0.1:${port}` },
      { id: 'panel', title: 'Panel', target: 'tcp://127.0.0.1:1' },
    ];
    const devices = [{ id: 'mfp-1', name: 'MFP', kind: 'mfp', applications }];
    let answer: Answer | undefined;
    new RemoteCheck({
      configuration: parseConfiguration(JSON.stringify({ devices }), '/'),
      account: {
        agentId: 'agent-1',
        password: 'p'.repeat(43),
        xmpp: { host: '127.0.0.1', port: 1, domain: 'platen' },
        pin: 'A'.repeat(43),
      },
      outbound: NO_PROXY,
      startReading,
      channel: { handle: (_exchange, handler) => void (answer = handler as unknown as Answer) },
      answerMs,
    });
    return answer!;
  };
  const lines = (findings: readonly CheckFinding[]) =>
    findings.map(({ subject, isProblem, text }) => `${isProblem ? '! ' : ''}${subject}: ${text}`);

  it('finds what works at a device, without its addresses', async () => {
    const { findings } = await start(() => Promise.resolve(true))({ deviceId: 'mfp-1' });
    expect(lines(findings)).toEqual([
      'mfp-1 web: [address] takes connections',
      '! mfp-1 panel: [address] cannot be reached (ECONNREFUSED); check that the device is on, and its address and port',
    ]);
  });

  it('finds what is wrong on the ways to the server', async () => {
    const { findings } = await start(() => Promise.resolve(true))({ deviceId: null });
    expect(lines(findings)).toEqual([
      expect.stringMatching(
        /^! control channel 127\.0\.0\.1:1: cannot be reached \(ECONNREFUSED\); have TCP port 1 to/,
      ),
    ]);
  });

  it('leaves alone a device whose owner does not permit it', async () => {
    const { findings } = await start(() => Promise.resolve(false))({ deviceId: 'mfp-1' });
    expect(lines(findings)).toEqual(['mfp-1: not checked, because its owner does not permit it now']);
  });

  it('refuses unknown devices, and more than a few at a time', async () => {
    let permit = (_is: boolean): void => undefined;
    const waiting = new Promise<boolean>((resolve) => (permit = resolve));
    const answer = start(() => waiting);
    await expect(answer({ deviceId: 'other' })).rejects.toMatchObject({ code: 'unknown-device' });
    const running = Array.from({ length: 4 }, () => answer({ deviceId: 'mfp-1' }));
    await expect(answer({ deviceId: 'mfp-1' })).rejects.toMatchObject({ code: 'too-many-requests' });
    permit(false);
    await Promise.all(running);
    await expect(answer({ deviceId: 'mfp-1' })).resolves.toHaveProperty('findings');
  });

  it.each([
    ['10.0.0.1:631 and 10.0.0.11:631', ['10.0.0.1'], '[address] and 10.0.0.11:631'],
    ['[fe80::1]:443 is fe80::1', ['fe80::1'], '[address] is [address]'],
    ['UDP port 161 of mfp.Local', ['mfp.local'], 'UDP port 161 of [address]'],
    ['mfp.local.example, mfp', ['mfp.local', 'mfp'], 'mfp.local.example, [address]'],
  ])('hides hosts: %s', (text, hosts, hidden) => expect(withoutHosts(text, hosts)).toBe(hidden));
});
