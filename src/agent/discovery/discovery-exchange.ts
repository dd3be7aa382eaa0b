import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { reportFound, takeInDevice } from '../../protocol/control-channel';
import type { FoundDevice, NewDevice } from '../../protocol/found-device';
import { LIMITS } from '../../protocol/limits';
import { Backoff } from '../../tunnel/backoff';
import type { ControlChannel } from '../channel/control-channel';
import { containerExcess } from '../channel/json-container';
import { ExchangeRefused } from '../channel/control-channel.errors';
import type { FoundDevices, StoredFound } from './found-devices';

/** Attempts for one report; after that, the next login or change retries it. */
const ATTEMPTS = 4;

export interface DiscoveryExchangeOptions {
  readonly found: Pick<FoundDevices, 'all'>;
  readonly mayTakeIn: boolean;
  /** Makes a found device one of this agent, and announces it. @throws ProblemError */
  readonly takeIn: (wanted: NewDevice & { foundId: string }) => Promise<void>;
  readonly channel: Pick<ControlChannel, 'handle' | 'online' | 'request'>;
  readonly journal: Journal;
  readonly retry?: { firstMs?: number };
}

/** Reports found devices to the control plane, and takes in those that an administrator has chosen. */
export class DiscoveryExchange {
  /** What was reported last of each device, by its ID. */
  readonly #reported = new Map<string, string>();
  readonly #stopping = new AbortController();
  /** Something is to be reported, even if it is only what is gone. */
  #isDue = true;
  #isReporting = false;

  constructor(private readonly options: DiscoveryExchangeOptions) {
    options.channel.handle(takeInDevice, async (wanted) => {
      await options.takeIn(wanted);
      return {};
    });
  }

  /** After a login, all is reported again: the server may have forgotten it. */
  flush(): void {
    this.#reported.clear();
    this.changed();
  }

  changed(): void {
    this.#isDue = true;
    void this.#sendReports();
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #sendReports(): Promise<void> {
    if (this.#isReporting) return;
    this.#isReporting = true;
    const backoff = new Backoff(this.options.retry);
    let attempts = 0;
    while (this.#isDue && this.options.channel.online && !this.#stopping.signal.aborted && attempts < ATTEMPTS) {
      const isSent = await this.#report();
      attempts = isSent ? 0 : attempts + 1;
      if (!isSent) await delay(backoff.next(), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    this.#isReporting = false;
  }

  /** @returns false if the report has to be retried */
  async #report(): Promise<boolean> {
    const { found, mayTakeIn, channel, journal } = this.options;
    const all = found.all.map(reportedOf);
    const fresh = all.filter((each) => this.#reported.get(each.id) !== JSON.stringify(each));
    const ids = all.map(({ id }) => id);
    const report = inOneStanza({ mayTakeIn, ids, found: fresh.slice(0, LIMITS.FOUND_DEVICES_PER_REPORT) });
    const { found: part } = report;
    this.#isDue = false;
    try {
      await channel.request(reportFound, report);
    } catch (error) {
      journal.info('found devices could not be reported', { detail: (error as Error).message });
      if (!(error instanceof ExchangeRefused) || error.isTemporary) {
        this.#isDue = true;
        return false;
      }
    }
    for (const each of part) this.#reported.set(each.id, JSON.stringify(each));
    if (part.length < fresh.length) this.#isDue = true;
    return true;
  }
}

type Report = z.infer<typeof reportFound.request>;

/** With as many devices as fit; one always does. */
const inOneStanza = (report: Report): Report =>
  containerExcess(reportFound, report) === 0 || report.found.length === 1
    ? report
    : inOneStanza({ ...report, found: report.found.slice(0, report.found.length / 2) });

const reportedOf = ({ services: _services, ...device }: StoredFound): FoundDevice => device;
