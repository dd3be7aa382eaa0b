import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { job } from '../../protocol/maintenance';
import { ControlPlane, PASSWORD } from '../../../test/support/server/control-plane';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { newSpanId, newTraceId, traceOf, type Span } from './span';
import { SpanExporter } from './span-exporter';

const hex = (digits: number) => z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`));
const nanoseconds = z.string().regex(/^\d{19}$/);
const anyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ boolValue: z.boolean() }),
]);
const attributes = z.array(z.strictObject({ key: z.string(), value: anyValue }));
const receivedSpan = z.strictObject({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: hex(16).optional(),
  name: z.string().min(1),
  kind: z.literal([1, 2, 3]),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  events: z.array(z.strictObject({ timeUnixNano: nanoseconds, name: z.string() })).optional(),
  status: z.strictObject({ code: z.literal(2).optional() }),
});
type ReceivedSpan = z.infer<typeof receivedSpan>;
/** ExportTraceServiceRequest of opentelemetry-proto 1, as far as it is used. */
const exported = z.strictObject({
  resourceSpans: z.tuple([
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.tuple([
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(receivedSpan),
        }),
      ]),
    }),
  ]),
});

/** Receives OTLP over HTTP. */
class Collector {
  readonly spans: ReceivedSpan[] = [];
  readonly requests: { path: string; headers: Record<string, unknown>; body: string }[] = [];
  resource: unknown;
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param answer instead of receiving */
  static async listen(answer?: RequestListener): Promise<Collector> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const it = new Collector(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        it.requests.push({ path: request.url!, headers: request.headers, body });
        if (answer) return answer(request, response);
        const [{ resource, scopeSpans }] = exported.parse(JSON.parse(body)).resourceSpans;
        it.resource = resource;
        it.spans.push(...scopeSpans[0].spans);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    return it;
  }

  of(id: string): ReceivedSpan[] {
    return this.spans.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
  }
  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const valuesOf = (span: ReceivedSpan) =>
  Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]));

describe('traces', () => {
  let collector: Collector;
  let plane: ControlPlane;
  beforeAll(async () => {
    setLimit('TRACE_EXPORT_INTERVAL_MS', 50);
    collector = await Collector.listen();
    plane = await ControlPlane.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
  });
  afterAll(async () => {
    await plane?.stop();
    collector?.close();
    jest.restoreAllMocks();
  });

  it('show a session as one trace, from the request to the end', async () => {
    const { id, link } = await plane.established();
    await plane.relay.requestTermination(link.linkId, 'terminal');
    await plane.relay.end(link, 'terminal', 'requested');
    await plane.relay.end(link, 'device', 'requested');
    await plane.reaches(id, 'ended');
    const root = await until('the root span', () => collector.of(id).find(({ name }) => name === 'remote session'));
    const spans = collector.of(id);
    expect(root.spanId).toBe(traceOf(id).rootId);
    expect(root.parentSpanId).toBeUndefined();
    expect(valuesOf(root)).toMatchObject({
      'platen.session.id': id,
      'platen.device.id': 'printer',
      'platen.relay.id': 'local',
      'platen.session.ending': 'ended-by-terminal',
    });
    const children = spans.filter((span) => span !== root);
    expect(new Set(children.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([root.spanId]));
    const states = children.filter(({ kind }) => kind === 1).sort((a, b) => +a.endTimeUnixNano - +b.endTimeUnixNano);
    expect(states.map(({ name }) => name)).toEqual(['requested', 'approved', 'prepared', 'established', 'ending']);
    expect(states[2]!.events!.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['device half connected', 'terminal half connected']),
    );
    const requests = children.filter(({ kind }) => kind !== 1).map(({ name, kind }) => `${name} ${kind}`);
    expect(requests).toEqual(expect.arrayContaining(['request-approval 3', 'approval 2', 'connection-info 3']));
    for (const { startTimeUnixNano: start, endTimeUnixNano: end } of spans) expect(+end).toBeGreaterThanOrEqual(+start);
  });

  it('show a job as one trace', async () => {
    const { body } = await plane.call('tom', 'POST', '/devices/printer/jobs', { operation: 'counters' });
    const { id } = job.parse(body);
    (await plane.agent.commanded(id, 'execute')).answer({});
    (await plane.agent.commanded(id, 'next')).answer({ status: 'completed', failure: 'device-refused' });
    const root = await until('the root span', () => collector.of(id).find(({ name }) => name === 'maintenance job'));
    expect(root.status).toEqual({ code: 2 });
    expect(valuesOf(root)).toMatchObject({
      'platen.job.operation': 'counters',
      'platen.job.failure': 'device-refused',
    });
    const children = collector.of(id).filter((span) => span !== root);
    expect(children.map(({ name }) => name).sort()).toEqual(['executing', 'job execute', 'job next', 'requested']);
    expect(children.every(({ parentSpanId }) => parentSpanId === root.spanId)).toBe(true);
  });

  it('show a job as one trace also if the server was restarted meanwhile', async () => {
    const { body } = await plane.call('tom', 'POST', '/devices/printer/jobs', { operation: 'counters' });
    const { id, requestedAt } = job.parse(body);
    (await plane.agent.commanded(id, 'execute')).answer({ hold: 'stopped' });
    await plane.agent.commanded(id, 'next');
    await plane.halt();
    await plane.boot();
    await plane.connectAgent();
    await plane.connectRelay();
    (await plane.agent.commanded(id, 'next')).answer({ status: 'completed' });
    const root = await until('the root span', () => collector.of(id).find(({ name }) => name === 'maintenance job'));
    expect(+root.startTimeUnixNano / 1_000_000).toBeCloseTo(Date.parse(requestedAt), 0);
    const children = collector.of(id).filter((span) => span !== root);
    expect(children.map(({ name }) => name)).toEqual(expect.arrayContaining(['requested', 'job execute', 'job next']));
    expect(children.every(({ parentSpanId }) => parentSpanId === root.spanId)).toBe(true);
  });

  it('show requests by route, and what failed', async () => {
    await plane.call('tom', 'GET', '/devices/printer?secret=marker-of-a-query');
    const named = (name: string) => until(name, () => collector.spans.find((span) => span.name === name));
    const seen = await named('GET /api/devices/:id');
    expect(valuesOf(seen)).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/devices/:id',
      'http.response.status_code': '200',
    });
    await plane.call('tom', 'GET', '/no/such/route-marker');
    await named('GET');
  });

  it('contain no secret, and nothing that people write', async () => {
    const { id, device, terminal, link } = await plane.established();
    await plane.relay.end(link, 'terminal', 'lost');
    await plane.relay.end(link, 'device', 'lost');
    await until('its trace', () => collector.of(id).find(({ name }) => name === 'remote session'));
    const sent = collector.requests.map(({ body }) => body).join('\n');
    const secrets = [device, terminal].flatMap(({ token, sessionId }) => [token, sessionId]);
    const texts = ['paper jam', 'TOM', 'ADA', 'Berlin', 'Acme', 'route-marker', 'marker-of-a-query', '198.51.100.'];
    for (const each of [...secrets, ...texts, PASSWORD, plane.tokenOf('tom'), plane.tokenOf('ada'), 'of-the-collector'])
      expect({ each, sent: sent.includes(each) }).toEqual({ each, sent: false });
  });

  it('are sent as the standard variables say', () => {
    const [{ path, headers }] = collector.requests as [(typeof collector.requests)[0]];
    expect(path).toBe('/v1/traces');
    expect(headers).toMatchObject({ authorization: 'Bearer of-the-collector', 'content-type': 'application/json' });
    expect(collector.resource).toMatchObject({
      attributes: expect.arrayContaining([
        { key: 'service.name', value: { stringValue: 'platen' } },
        { key: 'deployment.environment.name', value: { stringValue: 'test' } },
      ]),
    });
  });
});

describe('the exporter of traces', () => {
  const span = (): Span => ({
    ...{
      traceId: newTraceId(),
      spanId: newSpanId(),
      name: 'x',
      kind: 'internal',
      start: 1.9e12,
      end: 1.9e12 + 1,
      attributes: {},
    },
  });
  let collector: Collector | undefined;
  afterEach(() => collector?.close());
  afterEach(() => jest.restoreAllMocks());
  const exporterTo = (url: string) => {
    const { journal, lines } = recordedJournal();
    return { exporter: new SpanExporter({ url, headers: {}, attributes: {} }, journal), lines };
  };

  it.each<[collector: string, answer: RequestListener, requests: number, detail: RegExp]>([
    ['refuses', (_, response) => void response.writeHead(400).end('no'), 1, /status 400/],
    [
      'redirects',
      (_, response) => void response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
      1,
      /status 302/,
    ],
    ['is busy', (_, response) => void response.writeHead(503).end(), 3, /status 503/],
    ['hangs up', (request) => void request.socket.destroy(), 3, /./],
    ['never answers', () => undefined, 3, /no answer within/],
  ])('gives up, and logs it once, if the collector %s', async (_what, answer, requests, detail) => {
    setLimit('RETRY_FIRST_MS', 1);
    setLimit('TRACE_EXPORT_INTERVAL_MS', 1);
    setLimit('TRACE_EXPORT_ATTEMPTS', 3);
    if (requests === 3 && String(detail).includes('within')) setLimit('TRACE_EXPORT_MS', 200);
    collector = await Collector.listen(answer);
    const { exporter, lines } = exporterTo(collector.url);
    for (const round of [1, 2]) {
      exporter.add(span());
      await until('all attempts', () => collector!.requests.length === requests * round);
    }
    await exporter.stop();
    expect(lines).toMatchObject([{ level: 'warn', detail: expect.stringMatching(detail) }]);
    expect(collector.requests).toHaveLength(requests * 2);
  });

  it('does not read an answer that has no end', async () => {
    setLimit('TRACE_EXPORT_INTERVAL_MS', 1);
    collector = await Collector.listen((_, response) => {
      const more = (): boolean => response.writableEnded || response.write('x'.repeat(65_536));
      response.on('drain', more);
      more();
    });
    const { exporter, lines } = exporterTo(collector.url);
    for (const round of [1, 2]) {
      exporter.add(span());
      await until('the request', () => collector!.requests.length === round);
    }
    await exporter.stop();
    expect(lines).toEqual([]);
  });

  it('keeps a bounded number of spans, sends them in batches, and counts those that are lost', async () => {
    setLimit('TRACE_SPANS_WAITING', 10);
    setLimit('TRACE_SPANS_PER_EXPORT', 4);
    setLimit('TRACE_EXPORT_ATTEMPTS', 1);
    const held: (() => void)[] = [];
    let isOpen = false;
    collector = await Collector.listen((_, response) => {
      const answer = (): void => void response.writeHead(isOpen ? 200 : 400).end();
      if (isOpen) answer();
      else held.push(answer);
    });
    const { exporter, lines } = exporterTo(collector.url);
    for (let n = 0; n < 20; n += 1) exporter.add(span());
    await until('the first batch', () => held.length === 1);
    const sizes = () =>
      collector!.requests.map(
        ({ body }) => exported.parse(JSON.parse(body)).resourceSpans[0].scopeSpans[0].spans.length,
      );
    held[0]!();
    await until('the next batch', () => held.length === 2);
    isOpen = true;
    held[1]!();
    await exporter.stop();
    expect(sizes()).toEqual([4, 4, 4, 2]);
    expect(lines).toMatchObject([{ lostSpans: 6 + 4 }]);
  });

  it('stops in a bounded time while the collector does not answer', async () => {
    setLimit('TRACE_STOP_MS', 20);
    collector = await Collector.listen(() => undefined);
    const { exporter } = exporterTo(collector.url);
    exporter.add(span());
    await exporter.stop();
    expect(collector.requests.length).toBeLessThanOrEqual(1);
  });
});
