import type { Journal } from '../../journal/journal';
import { reportConditions, reportDenials, type Exchange, type ReportedDenial } from '../../protocol/control-channel';
import { timerMs } from '../../protocol/waits';
import { Backoff } from '../../tunnel/backoff';
import type { ControlChannel } from '../channel/control-channel';
import { ExchangeRefused } from '../channel/control-channel.errors';
import { containerExcess } from '../channel/json-container';
import type { ConditionStore } from './condition-store';
import type { DenialLog, StoredDenial } from './denial-log';

/** Changes within this time are reported together. */
export const REPORT_MS = { change: 500, use: 10_000 };

type Part = 'conditions' | 'denials';

/** Reports access conditions and denials to the control plane, which shows them; it changes neither. */
export class ConditionReports {
  /** When the parts of a device are to be reported (`performance.now`). */
  readonly #due = new Map<string, number>();
  readonly #backoff = new Backoff();
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #stopped = false;

  constructor(
    /** Of this agent; they may change. */
    private readonly devices: readonly { readonly id: string }[],
    private readonly store: ConditionStore,
    private readonly denials: DenialLog,
    private readonly channel: Pick<ControlChannel, 'online' | 'request'>,
    private readonly journal: Journal,
    private readonly waitMs = REPORT_MS,
  ) {
    store.onChange((deviceId, change) => this.#schedule('conditions', deviceId, this.waitMs[change]));
    denials.onChange((deviceId) => this.#schedule('denials', deviceId, this.waitMs.change));
  }

  /** Called after every login. */
  flush(): void {
    this.#backoff.reset();
    for (const { id: deviceId } of this.devices) {
      this.#schedule('conditions', deviceId, 0);
      if (this.denials.unreported(deviceId).length > 0) this.#schedule('denials', deviceId, 0);
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(part: Part, deviceId: string, waitMs: number): void {
    if (!this.devices.some(({ id }) => id === deviceId)) return;
    const [key, at] = [`${part} ${deviceId}`, performance.now() + waitMs];
    this.#due.set(key, Math.min(at, this.#due.get(key) ?? Infinity));
    this.#setTimer();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    // Offline, everything waits for the next login.
    if (this.#stopped || this.#running || this.#due.size === 0 || !this.channel.online) return;
    const next = Math.min(...this.#due.values());
    this.#timer = setTimeout(() => void this.#report(), timerMs(next - performance.now()));
  }

  /** Reports what is due, one exchange at a time. */
  async #report(): Promise<void> {
    this.#running = true;
    for (const [key, at] of [...this.#due]) {
      if (at > performance.now() || this.#stopped || !this.channel.online) continue;
      this.#due.delete(key);
      const [part, deviceId] = key.split(' ') as [Part, string];
      const sent = await (part === 'conditions' ? this.#conditions(deviceId) : this.#denied(deviceId));
      if (!sent) this.#schedule(part, deviceId, this.#backoff.next());
    }
    this.#running = false;
    this.#setTimer();
  }

  #conditions(deviceId: string): Promise<boolean> {
    return this.#send(reportConditions, { deviceId, conditions: [...this.store.of(deviceId)] });
  }

  async #denied(deviceId: string): Promise<boolean> {
    const denials = inOneStanza(deviceId, this.denials.unreported(deviceId));
    if (denials.length === 0) return true;
    const sent = await this.#send(reportDenials, { deviceId, denials: denials.map(reportedOf) });
    if (sent) this.denials.setReported(denials);
    if (sent && this.denials.unreported(deviceId).length > 0) this.#schedule('denials', deviceId, this.waitMs.change);
    return sent;
  }

  /** @returns false if it has to be retried; what the server refuses is not repeated */
  async #send<Request, Response>(exchange: Exchange<Request, Response>, body: Request): Promise<boolean> {
    try {
      await this.channel.request(exchange, body);
      this.#backoff.reset();
      return true;
    } catch (error) {
      this.journal.info('a report was not accepted', { exchange: exchange.name, detail: (error as Error).message });
      return error instanceof ExchangeRefused && !error.isTemporary;
    }
  }
}

const reportedOf = ({ deviceId: _device, reported: _reported, ...denial }: StoredDenial): ReportedDenial => denial;

/** As many of them as fit. */
function inOneStanza(deviceId: string, denials: readonly StoredDenial[]): readonly StoredDenial[] {
  const excess = containerExcess(reportDenials, { deviceId, denials: denials.map(reportedOf) });
  return excess === 0 ? denials : inOneStanza(deviceId, denials.slice(0, denials.length / 2));
}
