import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { ControlPlaneLink } from './control-plane-link';
import { Links } from './links';
import { LogReporter } from './log-reporter';
import { Master } from './master';
import { masterAnswers } from './master-answers';
import type { PairAddress } from '../pair-rpc';
import { pairUrl } from '../pair-url';
import { Recovery } from './recovery';
import type { RelayConfig } from '../relay-config';
import { relayMethods } from './relay-methods';
import type { StartPair } from './running-pair';
import { SessionIds } from './session-ids';
import { SessionLog } from './session-log';
import { SupervisedPair } from './supervised-pair';

/** How long a stop may take: ending the halves, closing their WebSockets, reporting their logs. */
const STOP_MS = 10_000;

/** A Master with its pairs. */
export interface Relay {
  /** Resolves when the relay has carried nothing and reached no control plane for LIMITS.RELAY_ORPHAN_MS. */
  readonly orphaned: Promise<void>;
  /** From now on the control plane is dialled, again and again. */
  dial(): void;
  /** The pairs listen where peers dial. @returns their addresses @throws where one cannot */
  serve(): Promise<PairAddress[]>;
  /**
   * It serves alone: the control plane hears so, and what other runs of the relay have left in the session log is
   * ended and reported. May be repeated.
   * @param running instances that do so themselves
   */
  recover(running: readonly string[]): Promise<void>;
  /** Ends all halves in order, reports what can be reported, ends the pairs; takes STOP_MS and a little at most. */
  stop(): Promise<void>;
}

/**
 * From the settings to a candidate: its pairs are up and can be tried on loopback.
 * @throws PairFailed, and what a broken data folder throws
 */
export async function startRelay(
  config: RelayConfig,
  version: string,
  startPair: StartPair,
  journal: Journal,
): Promise<Relay> {
  const { instance } = config;
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const sessionIds = await SessionIds.load(config.data);
  const sessionLog = await SessionLog.open(join(config.data, 'session-log.sqlite'), instance);
  const controlPlane = new ControlPlaneLink(
    { url: config.rpcUrl, pin: config.serverPin, relayId: config.id, secret: config.secret },
    {
      version,
      protocol: PROTOCOL_VERSION,
      pairs: config.pairs,
      pin: config.tls?.pin,
      instance,
      standing: 'candidate',
    },
    journal,
  );
  const reporter = new LogReporter(sessionLog, controlPlane, journal);
  const recovery = new Recovery(sessionLog, reporter, journal);
  const links = new Links();
  const answers = masterAnswers(controlPlane, sessionLog, reporter, links, journal);
  const onDown = async (pair: SupervisedPair) => {
    const lost = new Set(links.at(pair).map(({ known }) => known.linkId));
    for (const linkId of lost) links.delete(linkId);
    await recovery.recover(({ linkId }) => lost.has(linkId));
  };
  const pairs = Array.from(
    { length: config.pairs },
    (_, index) => new SupervisedPair(index + 1, startPair, answers, onDown, journal),
  );
  const urlOf = ({ number, address }: SupervisedPair) => pairUrl(config, number, address!);
  const master = new Master(sessionIds, sessionLog, links, pairs, urlOf, journal);

  const started = await Promise.allSettled(pairs.map((pair) => pair.start()));
  const failed = started.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await master.stop(STOP_MS);
    await sessionLog.close();
    throw failed.reason;
  }

  let dialling = Promise.resolve();
  let orphanTimer: NodeJS.Timeout | undefined;
  const orphaned = new Promise<void>((resolve) => {
    orphanTimer = setInterval(() => {
      if (links.size === 0 && controlPlane.awayMs >= LIMITS.RELAY_ORPHAN_MS) resolve();
    }, LIMITS.RELAY_ORPHAN_MS / 60);
  });
  const stop = async () => {
    clearInterval(orphanTimer);
    const deadline = Date.now() + STOP_MS;
    await master.stop(STOP_MS);
    const timeout = new AbortController();
    const patience = delay(Math.max(0, deadline - Date.now()), undefined, { signal: timeout.signal });
    if (controlPlane.connected) await Promise.race([reporter.flushed(), patience]);
    timeout.abort();
    patience.catch(() => undefined);
    reporter.stop();
    controlPlane.stop();
    await Promise.all([dialling, reporter.flushed()]);
    await sessionLog.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    orphaned,
    dial: () => {
      dialling = controlPlane.run(relayMethods(master, links, reporter, { version, pairs: config.pairs }));
    },
    serve: async () => {
      await Promise.all(pairs.map((pair) => pair.serve()));
      return pairs.map(({ address }) => address!);
    },
    recover: async (running) => {
      master.standing = 'serving';
      await controlPlane.announce({ standing: 'serving' });
      await recovery.recover((link) => link.instance !== instance && !running.includes(link.instance));
    },
    stop: () => (stopping ??= stop()),
  };
}
