import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { PortUnavailable } from './keeper.errors';

/** The part of Node's internal TCP handle that is used here. */
interface TcpHandle {
  readonly fd: number;
  getsockname(address: { address?: string; port?: number }): number;
  close(): void;
}
/** A handle, or a negative error number. */
type CreateServerHandle = (address: string, port: number, family: number) => TcpHandle | number;

/**
 * A net.Server always accepts connections, and no relay would serve a connection that the keeper accepted. Therefore
 * the keeper binds the sockets but does not listen, as node:cluster does for its workers (SharedHandle). The first relay
 * that inherits a socket listens on it. The kernel then keeps it listening when relays come and go; while no relay runs,
 * connections wait in the backlog.
 */
const { _createServerHandle: createServerHandle } = net as unknown as { _createServerHandle: CreateServerHandle };

interface Held {
  readonly handle: TcpHandle;
  readonly port: number;
}

/** The listening sockets of the pairs. The keeper holds them, and every relay that it starts inherits them. */
export class ListeningPorts {
  readonly #held: Held[] = [];

  private constructor(
    private readonly host: string,
    private readonly family: number,
    private readonly firstPort: number,
  ) {}

  /** @param port of the first pair, the next pairs use the next ports; 0: any free ports */
  static async at(host: string, port: number): Promise<ListeningPorts> {
    const { address, family } = await lookup(host);
    return new ListeningPorts(address, family, port);
  }

  /**
   * Opens the missing ports for this number of pairs.
   * @throws PortUnavailable; the ports opened so far stay open
   */
  open(pairs: number): void {
    while (this.#held.length < pairs) this.#held.push(this.#bind(this.#held.length));
  }

  /** Closes the ports beyond this number of pairs. A running relay that inherited one still listens on it. */
  closeBeyond(pairs: number): void {
    for (const { handle } of this.#held.splice(pairs)) handle.close();
  }

  descriptors(pairs: number): number[] {
    return this.#held.slice(0, pairs).map(({ handle }) => handle.fd);
  }

  addresses(pairs: number): { host: string; port: number }[] {
    return this.#held.slice(0, pairs).map(({ port }) => ({ host: this.host, port }));
  }

  #bind(pair: number): Held {
    const wanted = this.firstPort && this.firstPort + pair;
    if (wanted > 65_535) throw new PortUnavailable(this.host, wanted, 'the port number is too high');
    const handle = createServerHandle(this.host, wanted, this.family);
    if (typeof handle === 'number') throw new PortUnavailable(this.host, wanted, getSystemErrorName(handle));
    const bound: { port?: number } = {};
    // libuv reports EADDRINUSE only on listen; a socket without a port reveals it now.
    const error = handle.getsockname(bound);
    if (error === 0 && bound.port !== undefined && bound.port !== 0 && (wanted === 0 || bound.port === wanted))
      return { handle, port: bound.port };
    handle.close();
    throw new PortUnavailable(this.host, wanted, 'EADDRINUSE');
  }
}
