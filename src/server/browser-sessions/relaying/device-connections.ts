import { LIMITS } from '../../../protocol/limits';
import type { DeviceStream } from '../../../tunnel/device-http/device-stream';

/**
 * A pool of persistent connections to a device (RFC 9112 9.3), for the HTTP requests of one session; at most
 * LIMITS.BROWSER_SOCKETS. The caller passes a connection to Node's HTTP client, which returns it with the event `free`.
 */
export class DeviceConnections {
  private readonly open = new Set<DeviceStream>();
  private readonly idle: { stream: DeviceStream; leave: () => void }[] = [];
  private readonly waiting: (() => void)[] = [];
  private dialling = 0;

  constructor(private readonly dial: () => Promise<DeviceStream>) {}

  /**
   * @param mayReuse false for a request that must not be sent twice: an idle connection may be closing at this moment
   * @throws StreamRefused
   */
  async take(mayReuse: boolean): Promise<{ stream: DeviceStream; reused: boolean }> {
    for (;;) {
      const idle = mayReuse ? this.idle.pop() : undefined;
      if (idle) {
        idle.leave();
        return { stream: idle.stream, reused: true };
      }
      if (this.open.size + this.dialling < LIMITS.BROWSER_SOCKETS)
        return { stream: await this.openStream(), reused: false };
      const oldest = this.idle.shift();
      if (oldest) this.discard(oldest.stream);
      else await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Opens a connection for the next request. @throws StreamRefused */
  async prepare(): Promise<void> {
    this.keepIdle(await this.openStream());
  }

  private async openStream(): Promise<DeviceStream> {
    this.dialling++;
    try {
      const stream = await this.dial();
      this.open.add(stream);
      stream.once('close', () => this.forget(stream));
      stream.on('free', () => this.keepIdle(stream));
      return stream;
    } finally {
      this.dialling--;
      this.waiting.shift()?.();
    }
  }

  /** Keeps a connection for the next request: for a short time, unless the device sends something. */
  private keepIdle(stream: DeviceStream): void {
    if (!stream.reusable) return this.discard(stream);
    const over = () => this.discard(stream);
    const timer = setTimeout(over, LIMITS.BROWSER_REUSE_MS);
    const leave = () => {
      clearTimeout(timer);
      for (const event of ['data', 'end', 'close']) stream.removeListener(event, over);
    };
    for (const event of ['data', 'end', 'close']) stream.once(event, over);
    this.idle.push({ stream, leave });
    this.waiting.shift()?.();
  }

  private discard(stream: DeviceStream): void {
    stream.destroy();
    this.forget(stream);
  }

  private forget(stream: DeviceStream): void {
    const at = this.idle.findIndex((each) => each.stream === stream);
    if (at !== -1) this.idle.splice(at, 1)[0]?.leave();
    if (this.open.delete(stream)) this.waiting.shift()?.();
  }
}
