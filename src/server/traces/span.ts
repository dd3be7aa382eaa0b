import { createHash, randomBytes } from 'node:crypto';

export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A span that has ended. Times are milliseconds since the epoch, with fractions. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly events?: readonly { readonly name: string; readonly at: number }[];
  /** Whether what it is about has failed. */
  readonly failed?: boolean;
}

const KINDS = { internal: 1, server: 2, client: 3 } as const;
const ERROR = 2;

export const newTraceId = (): string => randomBytes(16).toString('hex');
export const newSpanId = (): string => randomBytes(8).toString('hex');

/**
 * The trace of a session, job or deployment follows from its ID: the UUID without hyphens. So it is one trace also when the
 * server was restarted meanwhile, and its user finds it by the ID that the console shows.
 */
export const traceOf = (id: string): { readonly traceId: string; readonly rootId: string } => ({
  traceId: id.replaceAll('-', '').toLowerCase(),
  rootId: createHash('sha256').update(id).digest('hex').slice(0, 16),
});

/** Not that of zeros, which is no trace. */
const UUID = /^(?!0{8}-)[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
export const isTraceable = (id: unknown): id is string => typeof id === 'string' && UUID.test(id);

/** One request of OTLP over HTTP, as JSON (opentelemetry-proto 1). */
export function exportRequest(spans: readonly Span[], resource: Attributes, version: string): object {
  const scope = { name: 'platen', version };
  return {
    resourceSpans: [
      { resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope, spans: spans.map(encoded) }] },
    ],
  };
}

const encoded = ({ traceId, spanId, parentId, name, kind, start, end, attributes, events, failed }: Span): object => ({
  traceId,
  spanId,
  ...(parentId && { parentSpanId: parentId }),
  name,
  kind: KINDS[kind],
  startTimeUnixNano: nanoseconds(start),
  endTimeUnixNano: nanoseconds(Math.max(start, end)),
  attributes: keyValues(attributes),
  ...(events && { events: events.map(({ at, name: event }) => ({ timeUnixNano: nanoseconds(at), name: event })) }),
  status: failed ? { code: ERROR } : {},
});

/** A 64-bit integer is a string in the JSON of Protocol Buffers. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1000)}000`;

const keyValues = (attributes: Attributes): object[] =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || value === null || value === '' ? [] : [{ key, value: anyValue(value) }],
  );

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
