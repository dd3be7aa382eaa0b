import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isIPv6, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { toInstant } from '../protocol/names';
import { PROTOCOL_VERSION } from '../protocol/version';
import { ControlPlaneLink } from './control-plane-link';
import { Listener } from './listener';
import { LogReporter } from './log-reporter';
import { Master } from './master';
import { Pair } from './pair';
import type { RelayConfig } from './relay-config';
import { relayMethods } from './relay-methods';
import { SessionIds } from './session-ids';
import { SessionLog } from './session-log';

/** How long a stop may take: ending the halves, reporting their logs, closing their WebSockets. */
const STOP_MS = 10_000;

export interface Relay {
  readonly address: AddressInfo;
  /** Resolves when the relay has carried nothing and reached no control plane for LIMITS.RELAY_ORPHAN_MS. */
  readonly orphaned: Promise<void>;
  /** Ends all halves in order, reports what can be reported, closes everything; takes STOP_MS at most. */
  stop(): Promise<void>;
}

/** From the settings to a listening relay that keeps its control plane dialled. */
export async function startRelay(config: RelayConfig, version: string, journal: Journal): Promise<Relay> {
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const sessionIds = await SessionIds.load(config.data);
  const sessionLog = await SessionLog.open(join(config.data, 'session-log.sqlite'));

  let publicUrl = '';
  const controlPlane = new ControlPlaneLink(
    { url: config.rpcUrl, pin: config.serverPin, relayId: config.id, secret: config.secret },
    {
      version,
      protocol: PROTOCOL_VERSION,
      pairs: config.pairs,
      pin: config.tls?.pin,
      instance: randomUUID(),
      standing: 'serving',
    },
    journal,
  );
  const reporter = new LogReporter(sessionLog, controlPlane, journal);
  const master = new Master(
    sessionIds,
    sessionLog,
    (onOver) => new Pair(controlPlane, sessionLog, reporter, onOver, journal),
    config.pairs,
    () => publicUrl,
    journal,
  );
  const listener = new Listener(config, (...peer) => void master.accept(...peer), journal);

  const address = await listener.listen().catch(async (error: unknown) => {
    await sessionLog.close();
    throw error;
  });
  publicUrl = config.publicUrl ?? urlOf(address, config.tls !== undefined);
  await recover(sessionLog, reporter, journal);
  const dialling = controlPlane.run(relayMethods(master, reporter, version));

  let orphanTimer: NodeJS.Timeout | undefined;
  const orphaned = new Promise<void>((resolve) => {
    orphanTimer = setInterval(() => {
      if (master.links === 0 && controlPlane.awayMs >= LIMITS.RELAY_ORPHAN_MS) resolve();
    }, LIMITS.RELAY_ORPHAN_MS / 60);
  });

  const stop = async () => {
    clearInterval(orphanTimer);
    const closed = listener.stopAccepting();
    await within(STOP_MS, async () => {
      await master.endAll('relay-stopped');
      if (controlPlane.connected) await reporter.flushed();
      await closed;
    });
    reporter.stop();
    controlPlane.stop();
    listener.cut();
    await Promise.all([dialling, closed, reporter.flushed()]);
    await sessionLog.close();
  };
  let stopping: Promise<void> | undefined;
  return { address, orphaned, stop: () => (stopping ??= stop()) };
}

/** A relay that was killed left halves open: they are ended now, and what was not acknowledged is reported again. */
async function recover(sessionLog: SessionLog, reporter: LogReporter, journal: Journal): Promise<void> {
  const open = await sessionLog.openHalves();
  for (const { linkId, half, tokenHash } of open) {
    const event = { kind: 'end', reason: 'relay-restarted', bytesReceived: 0, bytesSent: 0 } as const;
    await sessionLog.write({ id: randomUUID(), linkId, half, at: toInstant(Date.now()), event, tokenHash });
  }
  const logs = await sessionLog.unacknowledged();
  // Not awaited: the control plane may be away, and the reporter keeps trying by itself.
  for (const log of logs) reporter.report(log).catch(() => undefined);
  if (logs.length > 0) journal.info('logs are reported again', { logs: logs.length, halvesFoundOpen: open.length });
}

const urlOf = ({ address, port }: AddressInfo, tls: boolean): string =>
  `${tls ? 'wss' : 'ws'}://${isIPv6(address) ? `[${address}]` : address}:${port}`;

async function within(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work(), timeout]);
  clearTimeout(timer);
}
