import { once } from 'node:events';
import { get, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import type { PanelView } from '../../protocol/approval-screen';
import { ProblemError } from '../../protocol/problems';
import type { PanelActions } from './panel-actions';
import { PanelServer } from './panel-server';

const ID = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11';
const LISTS = {
  asking: [],
  jobsAsking: [],
  live: [],
  maintenance: [],
  ended: [],
  devices: [],
  conditions: [],
  denials: [],
  originsAsking: [],
  originsPermitted: [],
};
const VIEW: PanelView = { now: 1, online: true, asleep: false, ...LISTS };
const CONDITION =
  '{"who":{"kind":"user","id":"tina","name":"Tina"},"access":{"kind":"box","box":null,"operations":["get"]}}';

let actions: PanelActions;
let panel: PanelServer;
let base: string;
let port: number;
let taken: string[];
let view: PanelView;
let fails: Error | undefined;
let recorded: RecordedJournal;

beforeEach(async () => {
  taken = [];
  view = VIEW;
  fails = undefined;
  recorded = recordedJournal();
  const take = (what: string) => {
    if (fails) throw fails;
    taken.push(what);
  };
  const takeLater = (what: string) => Promise.resolve().then(() => take(what));
  actions = {
    view: () => view,
    decide: (id, { answeredBy, ...answer }, also) =>
      takeLater([...Object.values(answer), answeredBy.where, id, also].filter((each) => each !== undefined).join(' ')),
    decideJob: (id, decision, by) => take(`job ${decision} ${id} ${by.where}`),
    end: (id) => take(`end ${id}`),
    setCondition: (deviceId, { who, access, times }, by) =>
      takeLater(`set ${deviceId} ${who.id} ${access.kind} ${times} ${by.where}`),
    revokeCondition: (id) => takeLater(`revoke ${id}`),
    decideOrigin: (id, decision, by) => takeLater(`origin ${decision} ${id} ${by.where}`),
    revokeOrigin: (id) => takeLater(`revoke origin ${id}`),
    deviceOf: () => 'mfp-1',
  };
  panel = new PanelServer(actions, [], recorded.journal);
  ({ port } = await panel.listen('127.0.0.1', 0));
  base = `http://127.0.0.1:${port}`;
});
afterEach(() => panel.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(base + path, { method: 'POST', body, headers: { ...JSON_TYPE, ...headers } });

/** fetch sets Host itself; this sends the given headers. */
async function withHost(method: string, path: string, host: string): Promise<number | undefined> {
  const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...JSON_TYPE, host } });
  sent.end(method === 'POST' ? '{}' : undefined);
  const response = await responseOf(sent);
  response.resume();
  return response.statusCode;
}

describe('PanelServer', () => {
  it.each([
    ['/panel.css', 'text/css; charset=utf-8', '.banner'],
    ['/panel.js', 'text/javascript; charset=utf-8', '/events'],
  ])('serves %s with headers against framing and foreign content', async (path, type, part) => {
    const response = await fetch(base + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toContain(part);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('serves the page', async () => {
    const response = await fetch(base);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('<title>Remote maintenance</title>');
  });

  it('answers at each of its addresses when it listens on all', async () => {
    const open = new PanelServer(actions, [], recorded.journal);
    const listening = await open.listen('0.0.0.0', 0);
    try {
      const statuses = ['127.0.0.2', 'evil.example', '127.0.0.3'].map(async (host) => {
        const headers = { host: `${host}:${listening.port}` };
        const sent = request({ host: '127.0.0.2', port: listening.port, path: '/', headers });
        sent.end();
        const response = await responseOf(sent);
        response.resume();
        return response.statusCode;
      });
      expect(await Promise.all(statuses)).toEqual([200, 421, 421]);
    } finally {
      await open.close();
    }
  });

  it('has no external resources and no inline script or style', async () => {
    const page = await (await fetch(base)).text();
    expect(page).not.toMatch(/https?:\/\/|<style|style=|\son\w+=|<script>/);
  });

  it('logs its address', () => {
    expect(recorded.lines[0]).toMatchObject({ msg: 'panel listening', host: '127.0.0.1', port });
  });

  it.each([
    [`/approvals/${ID}`, '{"decision":"approved"}', `approved operate local-page ${ID}`],
    [`/approvals/${ID}`, '{"decision":"approved","grant":"operate"}', `approved operate local-page ${ID}`],
    [`/approvals/${ID}`, '{"decision":"approved","grant":"view"}', `approved view local-page ${ID}`],
    [`/approvals/${ID}`, '{"decision":"declined"}', `declined local-page ${ID}`],
    [`/approvals/${ID}`, '{"decision":"approved","alsoForMinutes":30}', `approved operate local-page ${ID} 30`],
    [`/sessions/${ID}/end`, '{}', `end ${ID}`],
    [`/jobs/${ID}`, '{"decision":"approved"}', `job approved ${ID} local-page`],
    [`/jobs/${ID}`, '{"decision":"declined"}', `job declined ${ID} local-page`],
    ['/conditions', `{"deviceId":"mfp-1","condition":${CONDITION}}`, 'set mfp-1 tina box null local-page'],
    [`/conditions/${ID}/revocation`, '{}', `revoke ${ID}`],
    [`/origins/${ID}`, '{"decision":"permitted"}', `origin permitted ${ID} local-page`],
    [`/origins/${ID}`, '{"decision":"declined"}', `origin declined ${ID} local-page`],
    [`/origins/${ID}/revocation`, '{}', `revoke origin ${ID}`],
  ])('accepts POST %s %s', async (path, body, expected) => {
    expect((await post(path, body)).status).toBe(204);
    expect((await post(path, body, { origin: base, 'sec-fetch-site': 'same-origin' })).status).toBe(204);
    expect(taken).toEqual([expected, expected]);
  });

  it.each<[string, string, string, Record<string, string>, number]>([
    ['a foreign origin', `/approvals/${ID}`, '{"decision":"approved"}', { origin: 'http://evil.example' }, 403],
    ['an opaque origin', `/approvals/${ID}`, '{"decision":"approved"}', { origin: 'null' }, 403],
    ['a cross-site request', `/approvals/${ID}`, '{"decision":"approved"}', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a same-site request', `/sessions/${ID}/end`, '{}', { 'sec-fetch-site': 'same-site' }, 403],
    ['a form', `/approvals/${ID}`, 'decision=approved', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', `/approvals/${ID}`, '{"decision":"approved"}', { 'content-type': 'text/plain' }, 415],
    ['invalid JSON', `/approvals/${ID}`, '{', {}, 400],
    ['an unknown decision', `/approvals/${ID}`, '{"decision":"maybe"}', {}, 400],
    ['an unknown grant', `/approvals/${ID}`, '{"decision":"approved","grant":"all"}', {}, 400],
    ['a grant with NO', `/approvals/${ID}`, '{"decision":"declined","grant":"view"}', {}, 400],
    ['an unknown decision about a job', `/jobs/${ID}`, '{"decision":"maybe"}', {}, 400],
    ['a grant with YES to a job', `/jobs/${ID}`, '{"decision":"approved","grant":"view"}', {}, 400],
    ['an extra field', `/approvals/${ID}`, '{"decision":"approved","minutes":999}', {}, 400],
    ['null', `/sessions/${ID}/end`, 'null', {}, 400],
    ['a large body', `/approvals/${ID}`, `{"decision":"${'x'.repeat(9000)}"}`, {}, 413],
    ['an invalid ID', '/approvals/../../etc', '{"decision":"approved"}', {}, 404],
    ['an unknown action', `/sessions/${ID}/extend`, '{}', {}, 404],
    ['a mixed-up path', `/approvals/${ID}/end`, '{"decision":"approved"}', {}, 404],
  ])('refuses %s', async (_case, path, body, headers, status) => {
    const response = await post(path, body, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(taken).toEqual([]);
  });

  it.each([
    ['GET', '/', 'evil.example', 421],
    ['GET', '/events', 'evil.example', 421],
    ['POST', `/sessions/${ID}/end`, 'evil.example', 421],
    ['GET', '/', '127.0.0.1', 421],
    ['GET', '/nothing', '127.0.0.1:port', 404],
    ['GET', '/__proto__', '127.0.0.1:port', 404],
    ['GET', '/', 'LOCALHOST:port', 200],
    ['GET', '/', '[::1]:port', 200],
    ['PUT', '/', '127.0.0.1:port', 405],
    ['DELETE', `/sessions/${ID}`, '127.0.0.1:port', 405],
  ])('%s %s as %s -> %d', async (method, path, host, status) => {
    expect(await withHost(method, path, host.replace('port', String(port)))).toBe(status);
    expect(taken).toEqual([]);
  });

  it.each([
    ['a problem', new ProblemError('wrong-state', 'this has been answered'), 409, 'wrong-state'],
    ['an unexpected error', new Error('the inside story'), 500, 'internal-error'],
  ])('reports %s without internals', async (_case, error, status, code) => {
    fails = error;
    const response = await post(`/approvals/${ID}`, '{"decision":"approved"}');
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ status, code });
    expect(text).not.toContain('inside story');
    expect((await fetch(base)).status).toBe(200);
  });

  it('sends the current state to a new page and every change to all pages', async () => {
    const pages = [get(`${base}/events`), get(`${base}/events`)];
    const responses = await Promise.all(pages.map((page) => responseOf(page)));
    const streams = responses.map((response) => eventsOf(response));
    for (const stream of streams) expect(await stream.next()).toMatchObject({ value: VIEW });
    view = { ...VIEW, online: false };
    panel.changed();
    for (const stream of streams) expect(await stream.next()).toMatchObject({ value: { online: false } });
    for (const response of responses) expect(response.headers['content-type']).toBe('text/event-stream');
    for (const page of pages) page.destroy();
  });

  it('closes the oldest page of an address that opens too many', async () => {
    const pages = Array.from({ length: 8 }, () => get(`${base}/events`));
    const responses = await Promise.all(pages.map((page) => responseOf(page)));
    const cut = once(responses[0]!.resume(), 'error');
    const newest = get(`${base}/events`);
    expect(await eventsOf(await responseOf(newest)).next()).toMatchObject({ value: VIEW });
    await cut;
    for (const response of responses.slice(1)) expect(response.destroyed).toBe(false);
    for (const page of [...pages, newest]) page.on('error', () => undefined).destroy();
  });

  it.each([
    ['/events', 'cross-site', 'no-cors', 403],
    ['/events', 'same-site', 'cors', 403],
    ['/events', 'same-origin', 'cors', 200],
    ['/', 'cross-site', 'navigate', 200],
    ['/', 'none', 'navigate', 200],
  ])('answers GET %s from %s (%s) with %i', async (path, site, mode, status) => {
    const asked = get(base + path, { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode } });
    expect((await responseOf(asked)).statusCode).toBe(status);
    asked.on('error', () => undefined).destroy();
  });
});

async function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<unknown> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString();
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) yield JSON.parse(event.slice(event.indexOf('data: ') + 6));
  }
}
