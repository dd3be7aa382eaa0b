import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { productVersion } from '../../journal/product-version';
import { LIMITS } from '../../protocol/limits';
import { Backoff } from '../../tunnel/backoff';
import type { TraceSettings } from '../config/trace-settings';
import { exportRequest, type Span } from './span';

/** What passes, according to OTLP. */
const TRANSIENT = [429, 502, 503, 504];

/** A collector that refuses a batch for good. */
class Refused extends Error {}

/**
 * Sends spans to a collector, in batches, one request at a time. Nothing waits for it: a collector that is away, slow or refuses
 * costs spans, never a request, and is logged once an hour.
 */
export class SpanExporter {
  private readonly waiting: Span[] = [];
  private readonly stopping = new AbortController();
  private readonly version = productVersion();
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private lost = 0;
  private loggedAt = -Infinity;

  constructor(
    private readonly settings: TraceSettings,
    private readonly journal: Journal,
  ) {}

  add(span: Span): void {
    if (this.waiting.length >= LIMITS.TRACE_SPANS_WAITING) {
      this.lost += 1;
      return;
    }
    this.waiting.push(span);
    if (this.waiting.length >= LIMITS.TRACE_SPANS_PER_EXPORT) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), LIMITS.TRACE_EXPORT_INTERVAL_MS).unref();
  }

  /** Sends what waits, for a short time. */
  async stop(): Promise<void> {
    this.flush();
    const late = setTimeout(() => this.stopping.abort(), LIMITS.TRACE_STOP_MS);
    await this.sending;
    clearTimeout(late);
    this.stopping.abort();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0 && !this.stopping.signal.aborted) {
      const batch = this.waiting.splice(0, LIMITS.TRACE_SPANS_PER_EXPORT);
      try {
        await this.send(batch);
      } catch (error) {
        this.lost += batch.length;
        this.warn(error as Error);
      }
    }
  }

  /** @throws the reason why the batch is lost */
  private async send(batch: readonly Span[]): Promise<void> {
    const body = JSON.stringify(exportRequest(batch, this.settings.attributes, this.version));
    const backoff = new Backoff();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.post(body);
      } catch (error) {
        if (error instanceof Refused || attempt >= LIMITS.TRACE_EXPORT_ATTEMPTS || this.stopping.signal.aborted)
          throw error;
        this.warn(error as Error);
        await delay(backoff.next(), undefined, { signal: this.stopping.signal, ref: false });
      }
    }
  }

  private async post(body: string): Promise<void> {
    const limit = new AbortController();
    const stop = (): void => limit.abort(new Error('the server is stopping'));
    const timer = setTimeout(
      () => limit.abort(new Error(`no answer within ${LIMITS.TRACE_EXPORT_MS / 1000} s`)),
      LIMITS.TRACE_EXPORT_MS,
    ).unref();
    this.stopping.signal.addEventListener('abort', stop);
    try {
      const response = await fetch(this.settings.url, {
        method: 'POST',
        headers: { ...this.settings.headers, 'content-type': 'application/json' },
        body,
        redirect: 'manual', // the headers are for this collector only
        signal: limit.signal,
      });
      await response.body?.cancel(); // nothing in it is needed, and it might have no end
      if (response.ok) return;
      const refusal = `the collector answers with status ${response.status}`;
      throw TRANSIENT.includes(response.status) ? new Error(refusal) : new Refused(refusal);
    } finally {
      clearTimeout(timer);
      this.stopping.signal.removeEventListener('abort', stop);
    }
  }

  private warn({ message, cause }: Error): void {
    const now = performance.now();
    if (now - this.loggedAt < LIMITS.LOG_REPEAT_MS || this.stopping.signal.aborted) return;
    this.loggedAt = now;
    const { code, message: of } = (cause ?? {}) as NodeJS.ErrnoException;
    const detail = code ?? of ?? message;
    this.journal.warn('traces cannot be sent to the collector; check OTEL_EXPORTER_OTLP_ENDPOINT', {
      detail,
      lostSpans: this.lost,
    });
    this.lost = 0;
  }
}
