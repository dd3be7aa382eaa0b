import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Machine } from '../machine/machine';
import { MFP_LIMITS } from '../mfp-limits';
import { FirmwareReader } from './firmware-file';
import { PjlUpgrade } from './pjl-upgrade';
import { recordFirmware } from './record-firmware';

/**
 * The raw port (9100 of real printers). It accepts firmware only: everything until the sender ends its side of the
 * connection. It does not answer, and closes the connection when it has received everything.
 */
export class RawPort {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer({ allowHalfOpen: true }, (socket) => this.take(socket));

  constructor(private readonly machine: Machine) {
    this.server.maxConnections = MFP_LIMITS.RAW_CONNECTIONS;
  }

  /** Resolves with the port; rejects with Node's error if it is not available. */
  async listen(host: string, port: number): Promise<number> {
    await once(this.server.listen(port, host), 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private take(socket: Socket): void {
    this.sockets.add(socket);
    const reader = new FirmwareReader();
    const pjl = new PjlUpgrade((bytes) => reader.write(bytes));
    const hash = createHash('sha256');
    let bytes = 0;
    socket.setTimeout(MFP_LIMITS.RAW_IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MFP_LIMITS.FIRMWARE_BYTES) return socket.destroy();
      hash.update(chunk);
      pjl.write(chunk);
    });
    socket.on('end', () => {
      if (bytes > 0) {
        pjl.end();
        const upload = { fileName: 'raw port', bytes, sha256: hash.digest('hex') };
        const version = recordFirmware(this.machine, upload, reader);
        if (version !== undefined) socket.once('close', () => this.machine.install(version));
      }
      socket.end();
    });
    socket.on('close', () => this.sockets.delete(socket));
  }
}
