import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { PortUnavailable } from './keeper.errors';

/** Node's own handle of a TCP socket, as far as it is used here. */
interface TcpHandle {
  readonly fd: number;
  getsockname(address: { address?: string; port?: number }): number;
  close(): void;
}
/** A handle, or a negative error number. */
type CreateServerHandle = (address: string, port: number, family: number) => TcpHandle | number;

/**
 * A net.Server cannot be had without its accepting, and what the keeper accepted no relay would serve. So the sockets
 * are made as node:cluster makes those its workers share (SharedHandle): bound here and never listened on here. The
 * first relay that inherits one listens, and from then on the socket itself does, in the kernel, whichever relay comes
 * or goes: what arrives while there is none waits in the backlog.
 */
const { _createServerHandle: createServerHandle } = net as unknown as { _createServerHandle: CreateServerHandle };

interface Held {
  readonly handle: TcpHandle;
  readonly port: number;
}

/** The sockets of a relay's pairs: held for as long as the keeper lives, inherited by every relay it starts. */
export class ListeningPorts {
  readonly #held: Held[] = [];

  private constructor(
    private readonly host: string,
    private readonly family: number,
    private readonly firstPort: number,
  ) {}

  /** @param port of pair 0, the others follow; 0: any free one for each */
  static async at(host: string, port: number): Promise<ListeningPorts> {
    const { address, family } = await lookup(host);
    return new ListeningPorts(address, family, port);
  }

  /**
   * Opens what is missing for this many pairs.
   * @throws PortUnavailable; what was opened before stays
   */
  open(pairs: number): void {
    while (this.#held.length < pairs) this.#held.push(this.#bind(this.#held.length));
  }

  /** Closes what is not needed for this many pairs. A relay that still has one of them keeps listening there. */
  keep(pairs: number): void {
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
    if (wanted > 65_535) throw new PortUnavailable(this.host, wanted, 'there is no such port');
    const handle = createServerHandle(this.host, wanted, this.family);
    if (typeof handle === 'number') throw new PortUnavailable(this.host, wanted, getSystemErrorName(handle));
    const bound: { port?: number } = {};
    // libuv keeps EADDRINUSE to itself until it is asked to listen; a socket without a port tells it now.
    const error = handle.getsockname(bound);
    if (error === 0 && bound.port !== undefined && bound.port !== 0 && (wanted === 0 || bound.port === wanted))
      return { handle, port: bound.port };
    handle.close();
    throw new PortUnavailable(this.host, wanted, 'EADDRINUSE');
  }
}
