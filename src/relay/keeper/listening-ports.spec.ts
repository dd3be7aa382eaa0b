import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { PortUnavailable } from './keeper.errors';
import { ListeningPorts } from './listening-ports';

describe('ListeningPorts', () => {
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));

  async function opened(host: string, port = 0): Promise<ListeningPorts> {
    const ports = await ListeningPorts.at(host, port);
    closing.push(() => ports.closeBeyond(0));
    ports.open(1);
    return ports;
  }
  async function listening(fd: number): Promise<Server> {
    const server = createServer((socket) => socket.end('hello')).listen({ fd });
    await once(server, 'listening');
    return server;
  }

  const hosts = [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['localhost', expect.stringMatching(/^(127\.0\.0\.1|::1)$/)],
  ] as const;
  const here = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const usable = hosts.filter(([host]) => host !== '::1' || here.some(({ address }) => address === host));
  it.each(usable)('opens ports on %s that any process with the descriptor can serve', async (host, address) => {
    const ports = await opened(host);
    const [{ port, host: bound } = { port: 0, host: '' }] = ports.addresses(1);
    expect(bound).toEqual(address);
    const server = await listening(ports.descriptors(1)[0]!);
    const [data] = (await once(connect(port, bound), 'data')) as [Buffer];
    expect(data.toString()).toBe('hello');
    await once(server.close(), 'close');
  });

  it('names a port that another program uses', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    closing.push(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const ports = await ListeningPorts.at('127.0.0.1', port);
    expect(() => ports.open(1)).toThrow(PortUnavailable);
    expect(() => ports.open(1)).toThrow(`127.0.0.1:${port} cannot be used: another program is using it`);
  });

  it('names an address that does not belong to this host', async () => {
    const ports = await ListeningPorts.at('192.0.2.1', 8090);
    expect(() => ports.open(1)).toThrow('192.0.2.1:8090 cannot be used: EADDRNOTAVAIL');
  });

  it('closes ports that are no longer needed', async () => {
    const ports = await opened('127.0.0.1');
    const [{ port } = { port: 0 }] = ports.addresses(1);
    ports.closeBeyond(0);
    expect(ports.addresses(1)).toEqual([]);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await once(other.close(), 'close');
  });
});
