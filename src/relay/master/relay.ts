import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { ControlPlaneLink } from './control-plane-link';
import { Links } from './links';
import { LoadMeter } from './load-meter';
import { LoadReporter } from './load-reporter';
import { LogReporter } from './log-reporter';
import { Master } from './master';
import { masterAnswers } from './master-answers';
import type { PairAddress } from '../pair-rpc';
import { pairUrl } from '../pair-url';
import { Recovery } from './recovery';
import { serverTrust, type RelayConfig } from '../relay-config';
import { relayMethods } from './relay-methods';
import type { StartPair } from './running-pair';
import { SessionIds } from './session-ids';
import { SessionLog } from './session-log';
import { SupervisedPair } from './supervised-pair';

/** Timeout for a stop: ending the halves, closing their WebSockets, reporting their logs. */
const STOP_MS = 10_000;

/** A Master with its pairs. */
export interface Relay {
  /** Resolves when the relay had no sessions and no control plane for LIMITS.RELAY_ORPHAN_MS. */
  readonly orphaned: Promise<void>;
  /** Connects to the control plane, and reconnects until the stop. */
  dial(): void;
  /** The pairs listen for peers. @returns their addresses @throws if one cannot listen */
  serve(): Promise<PairAddress[]>;
  /**
   * Call it when this is the only serving relay. Announces that to the control plane, then ends and reports the halves
   * that other runs of the relay left in the session log. May be repeated.
   * @param running instances that end their halves themselves
   */
  recover(running: readonly string[]): Promise<void>;
  /** Ends all halves in order, reports their logs, stops the pairs; takes little more than STOP_MS. */
  stop(): Promise<void>;
}

/**
 * Starts a relay as a candidate: its pairs are up and accept trials on loopback.
 * @throws PairFailed, or the error of an unusable data folder
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
    {
      url: config.rpcUrl,
      trust: () => serverTrust(config),
      relayId: config.id,
      secret: config.secret,
    },
    {
      version,
      protocol: PROTOCOL_VERSION,
      pairs: config.pairs,
      pin: config.tls?.pin,
      authority: config.authority,
      instance,
      standing: 'candidate',
      region: config.region,
    },
    journal,
  );
  const reporter = new LogReporter(sessionLog, controlPlane, journal);
  const recovery = new Recovery(sessionLog, reporter, journal);
  const links = new Links();
  const meter = new LoadMeter();
  const answers = masterAnswers(controlPlane, sessionLog, reporter, links, meter, journal);
  const onDown = async (pair: SupervisedPair) => {
    const lost = new Set(links.at(pair).map(({ lastReport: known }) => known.linkId));
    for (const linkId of lost) {
      links.delete(linkId);
      meter.forget(linkId);
    }
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

  const load = new LoadReporter(controlPlane, async () => ({
    sessions: links.size,
    limit: LIMITS.RELAY_LINKS,
    pairs: pairs.filter(({ isUp }) => isUp).length,
    ...meter.measure(await master.resources()),
  }));
  let dialling = Promise.resolve();
  let orphanTimer: NodeJS.Timeout | undefined;
  const orphaned = new Promise<void>((resolve) => {
    orphanTimer = setInterval(() => {
      if (links.size === 0 && controlPlane.disconnectedMs >= LIMITS.RELAY_ORPHAN_MS) resolve();
    }, LIMITS.RELAY_ORPHAN_MS / 60);
  });
  const stop = async () => {
    clearInterval(orphanTimer);
    const deadline = performance.now() + STOP_MS;
    await master.stop(STOP_MS);
    const timeout = new AbortController();
    const patience = delay(Math.max(0, deadline - performance.now()), undefined, { signal: timeout.signal });
    if (controlPlane.connected) await Promise.race([reporter.flushed(), patience]);
    timeout.abort();
    patience.catch(() => undefined);
    reporter.stop();
    controlPlane.stop();
    await Promise.all([dialling, reporter.flushed(), load.stop()]);
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
