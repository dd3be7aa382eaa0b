import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { LIMITS } from '../../protocol/limits';
import type { HalfLog } from '../../protocol/relay-rpc';
import type { Half } from '../../protocol/remote-session';
import { dialRelay, type RelayConnection } from '../../tunnel/relay-connection';
import { TrialFailed } from './relay-trial.errors';
import type { TrialBound } from './trial-bound';
import type { TrialLink } from './trial-links';

/** Runs one synthetic session and plays both the device and the terminal. */
export class TrialSession {
  private readonly connections = new Map<Half, RelayConnection>();

  constructor(
    private readonly link: TrialLink,
    private readonly bound: TrialBound,
  ) {}

  /** Runs S172-S299 in protocol order. @throws TrialFailed */
  async pass(): Promise<void> {
    try {
      const device = await this.establish('device');
      const terminal = await this.establish('terminal');
      await this.step('joining the halves', Promise.all([device.joined, terminal.joined]));
      const bothWays = [carry(terminal.bytes, device.bytes), carry(device.bytes, terminal.bytes)];
      await this.step('carrying bytes', Promise.all(bothWays));
      await this.end('terminal', terminal);
      await this.end('device', device);
    } finally {
      for (const connection of this.connections.values()) void connection.terminate();
    }
  }

  private async establish(half: Half): Promise<RelayConnection> {
    const dialled = dialRelay(this.link.infoFor(half), half, { signal: this.bound.signal });
    const connection = await this.step(`establishing the ${half}'s half`, dialled);
    this.connections.set(half, connection);
    await this.log(half, 'start');
    return connection;
  }

  private async end(half: Half, connection: RelayConnection): Promise<void> {
    const closed = await this.step(`ending the ${half}'s half`, connection.terminate());
    this.connections.delete(half);
    if (closed.kind === 'lost') throw this.failed(`ending the ${half}'s half`, `it was lost (${closed.code})`);
    const { event } = await this.log(half, 'end');
    if (event.kind !== 'end') return;
    const { reason, bytesReceived, bytesSent } = event;
    if (reason !== 'requested') throw this.failed(`the ${half}'s end log`, `its reason is ${reason}`);
    const counted = `${bytesReceived} and ${bytesSent}`;
    const carried = `${LIMITS.TRIAL_BYTES} and ${LIMITS.TRIAL_BYTES}`;
    if (counted !== carried) throw this.failed(`the ${half}'s end log`, `it counts ${counted} bytes, not ${carried}`);
  }

  private async log(half: Half, kind: HalfLog['event']['kind']): Promise<HalfLog> {
    const what = `the ${half}'s ${kind} log`;
    const log = await this.step(what, this.link.log(half, kind));
    if (log.tokenHash !== this.link.tokenHashOf(half)) throw this.failed(what, 'it names another token');
    return log;
  }

  private step<T>(what: string, work: Promise<T>): Promise<T> {
    return this.bound.step(`${what} (${this.link.address})`, work);
  }
  private failed(what: string, why: string): TrialFailed {
    return new TrialFailed(`${what} (${this.link.address}): ${why}`);
  }
}

/** @throws if the received bytes differ from those sent */
async function carry(from: Duplex, to: Duplex): Promise<void> {
  const sent = randomBytes(LIMITS.TRIAL_BYTES);
  from.write(sent);
  const got = await firstBytes(to, sent.length);
  if (!got.equals(sent)) throw new Error('other bytes arrived than were sent');
}

function firstBytes(stream: Duplex, wanted: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let missing = wanted;
  return new Promise((resolve, reject) => {
    stream.on('data', function collect(chunk: Buffer) {
      chunks.push(chunk);
      missing -= chunk.length;
      if (missing > 0) return;
      stream.off('data', collect);
      resolve(Buffer.concat(chunks));
    });
    stream.once('close', () => reject(new Error(`the connection closed ${missing} bytes too early`)));
  });
}
