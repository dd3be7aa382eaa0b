import { once } from 'node:events';
import { connect } from 'node:net';
import { isRunning } from '../support/is-running';
import { RfbClient } from '../support/device/rfb-client';
import { until } from '../support/until';
import { startVncServer, type VncServer } from '../support/device/vnc-server';

const A = 0x61;
const RETURN = 0xff0d;

describe('a real VNC server as an operation panel for tests', () => {
  const servers: VncServer[] = [];
  const start = async (options?: Parameters<typeof startVncServer>[0]): Promise<VncServer> => {
    const server = await startVncServer(options);
    servers.push(server);
    return server;
  };
  const attach = async ({ port }: VncServer, password?: string): Promise<RfbClient> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return RfbClient.open(socket, password);
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  it.each([
    ['no authentication', undefined],
    ['a password', 'panel123'],
  ])('shows its client and reports input, with %s', async (_what, password) => {
    const server = await start({ password });
    const client = await attach(server, password);
    // the white background of its client's window
    await until('the window', async () => (await client.look()).subarray(0, 3).toString('hex') === 'ffffff');
    expect(server.input.filter(({ type }) => type !== 'MotionNotify')).toEqual([]);
    client.click(120, 340);
    client.press(A);
    client.press(RETURN);
    const input = await until('the input', () => {
      const seen = server.input.filter(({ type }) => type !== 'MotionNotify');
      return seen.length === 6 && seen;
    });
    expect(input).toEqual([
      { type: 'ButtonPress', x: 120, y: 340, button: 1 },
      { type: 'ButtonRelease', x: 120, y: 340, button: 1 },
      expect.objectContaining({ type: 'KeyPress', key: 'a' }),
      expect.objectContaining({ type: 'KeyRelease', key: 'a' }),
      expect.objectContaining({ type: 'KeyPress', key: 'Return' }),
      expect.objectContaining({ type: 'KeyRelease', key: 'Return' }),
    ]);
    client.close();
  });

  it('refuses a wrong password', async () => {
    const server = await start({ password: 'panel123' });
    await expect(attach(server, 'panel124')).rejects.toThrow('the VNC server refuses');
  });

  it('serves several clients, beside other servers, and leaves no process', async () => {
    const [one, two] = await Promise.all([start(), start({ width: 320, height: 240 })]);
    const clients = await Promise.all([attach(one), attach(one), attach(two)]);
    for (const client of clients) await client.look();
    for (const client of clients) client.close();
    await Promise.all([one.stop(), two.stop()]);
    for (const pid of [...one.pids, ...two.pids]) expect(await isRunning(pid)).toBe(false);
    const socket = connect(one.port, '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});
