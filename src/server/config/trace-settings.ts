import { z } from 'zod';
import { isProtected } from '../../protocol/loopback';

/** Where traces are sent. */
export interface TraceSettings {
  /** Of a collector: OTLP over HTTP, with JSON. */
  readonly url: string;
  /** They may contain secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Attributes of this server, besides its name and version. */
  readonly attributes: Readonly<Record<string, string>>;
}

const collector = z
  .url({ protocol: /^https?$/ })
  .refine(
    (url) => !/[?#@]/.test(url),
    'must have no user, query or fragment; secrets belong in OTEL_EXPORTER_OTLP_HEADERS',
  );

/** `name=value` pairs, separated by commas, with values percent-encoded (W3C Baggage). */
const pairs = z
  .string()
  .max(8_192)
  .transform((text, context) => {
    const entries = text.split(',').filter((pair) => pair.trim() !== '');
    try {
      return Object.fromEntries(
        entries.map((pair) => {
          const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/.exec(pair)!;
          return [name!, decodeURIComponent(value!)];
        }),
      );
    } catch {
      context.addIssue({ code: 'custom', message: 'must be name=value pairs, separated by commas, percent-encoded' });
      return z.NEVER;
    }
  });
const headers = pairs.refine((found) => {
  try {
    void new Headers(found);
    return true;
  } catch {
    return false;
  }
}, 'must be HTTP headers');

/** Standard variables of OpenTelemetry; others have no effect. */
export const traceVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers.optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_SERVICE_NAME: z.string().max(255).optional(),
  OTEL_TRACES_EXPORTER: z.string().optional(),
  OTEL_SDK_DISABLED: z.string().optional(),
};

/** http: is for a network of containers. */
export const protectsHeaders = (e: Variables): boolean => {
  const { url, headers: sent } = traceSettings(e) ?? { url: '', headers: {} };
  return Object.keys(sent).length === 0 || isProtected(url);
};

type Variables = z.infer<z.ZodObject<typeof traceVariables>>;

/** undefined: no traces, which is the default. */
export function traceSettings(e: Variables): TraceSettings | undefined {
  const isOff = e.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || e.OTEL_TRACES_EXPORTER === 'none';
  const url =
    e.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (e.OTEL_EXPORTER_OTLP_ENDPOINT && `${e.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces`);
  if (isOff || !url) return undefined;
  const name = e.OTEL_SERVICE_NAME && { 'service.name': e.OTEL_SERVICE_NAME };
  return {
    url,
    headers: { ...e.OTEL_EXPORTER_OTLP_HEADERS, ...e.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    attributes: { 'service.name': 'platen', ...e.OTEL_RESOURCE_ATTRIBUTES, ...name },
  };
}
