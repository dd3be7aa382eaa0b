import { wallClockMs } from '../../journal/wall-clock';
import { LIMITS } from '../../protocol/limits';
import { newSpanId, traceOf, type Attributes, type Span } from './span';

/** A row with a life cycle, as its trace shows it. */
export interface TracedSubject {
  readonly id: string;
  readonly name: 'remote session' | 'maintenance job' | 'deployment';
  /** The name of its ID, which each span has, so that a collector can choose by it. */
  readonly idAttribute: 'platen.session.id' | 'platen.job.id' | 'platen.deployment.id';
  readonly state: string;
  readonly isOver: boolean;
  readonly failed: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly attributes: Attributes;
  /** States of its parts, such as the halves of a session; a change is an event of the span. */
  readonly parts?: Readonly<Record<string, string>>;
}

interface OpenSubject {
  state: string;
  since: number;
  parts: Readonly<Record<string, string>>;
  readonly events: { name: string; at: number }[];
}

/** More would be a fault. */
const EVENTS_PER_SPAN = 64;

/**
 * One trace for each session, job or deployment: a root span for the whole, and below it one for each state, when the state is
 * left. What is known of open ones is in memory only: after a restart, the first span begins with the first change.
 */
export class LifeCycleSpans {
  private readonly open = new Map<string, OpenSubject>();
  private readonly over = new Set<string>();
  private readonly since = Math.floor(wallClockMs());

  constructor(private readonly add: (span: Span) => void) {}

  changed(subject: TracedSubject): void {
    const { id, state, parts = {} } = subject;
    if (this.over.has(id)) return; // end logs may follow the end
    const now = wallClockMs();
    const known = this.open.get(id);
    if (!known) this.remember(id, { state, since: this.beginOf(subject, now), parts, events: [] });
    else {
      for (const [part, entered] of Object.entries(parts))
        if (known.parts[part] !== entered && known.events.length < EVENTS_PER_SPAN)
          known.events.push({ name: `${part} ${entered}`, at: now });
      known.parts = parts;
      if (known.state !== state) {
        this.left(subject, known, now);
        Object.assign(known, { state, since: now });
      }
    }
    if (subject.isOver) this.ended(subject, now);
  }

  /** A new one has begun now; another has, before a restart of this server. */
  private beginOf({ startedAt }: TracedSubject, now: number): number {
    const began = startedAt.getTime();
    return began >= this.since ? Math.min(began, now) : now;
  }

  private remember(id: string, subject: OpenSubject): void {
    if (this.open.size >= LIMITS.TRACED_AT_ONCE) this.open.delete(this.open.keys().next().value!);
    this.open.set(id, subject);
  }

  private left({ id, idAttribute }: TracedSubject, { state, since, events }: OpenSubject, now: number): void {
    const { traceId, rootId } = traceOf(id);
    const span = { traceId, spanId: newSpanId(), parentId: rootId, name: state, kind: 'internal' } as const;
    this.add({ ...span, start: since, end: now, attributes: { [idAttribute]: id }, events: events.splice(0) });
  }

  private ended({ id, idAttribute, name, startedAt, endedAt, failed, ...more }: TracedSubject, now: number): void {
    this.open.delete(id);
    if (this.over.size >= LIMITS.TRACED_AT_ONCE) this.over.delete(this.over.values().next().value!);
    this.over.add(id);
    const { traceId, rootId: spanId } = traceOf(id);
    const end = endedAt?.getTime() ?? now;
    const attributes = { [idAttribute]: id, ...more.attributes };
    this.add({ traceId, spanId, name, kind: 'internal', start: startedAt.getTime(), end, attributes, failed });
  }
}
