import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import type { PairingCode } from '../../protocol/approver-page';
import type { PanelView } from '../../protocol/approval-screen';
import { LIMITS } from '../../protocol/limits';
import { parseConfiguration } from '../configuration/configuration';
import type { PanelActions } from '../panel/panel-actions';
import { LanApproval } from './lan-approval';

const PIN = '739105';
const ID = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11';
const ELSEWHERE = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a12';
const APPROVED = '{"decision":"approved"}';
const JSON_TYPE = 'application/json';

const applications = [{ id: 'web', title: 'Web pages', target: 'http://127.0.0.1:9' }];
const devices = ['mfp-1', 'mfp-2'].map((id) => ({
  id,
  name: `Device ${id}`,
  kind: 'mfp',
  location: 'Hall',
  applications,
}));
const session = (remoteSessionId: string, deviceId: string) => ({
  ...{ remoteSessionId, deviceId, userName: 'Tina', reason: 'Streaks', deviceName: deviceId, location: '' },
  ...{ applicationTitle: 'Web pages', minutes: 5, answerBefore: 1, viewable: true },
});
const VIEW: PanelView = {
  ...{
    now: 1,
    online: true,
    asleep: false,
    jobsAsking: [],
    live: [],
    maintenance: [],
    ended: [],
    conditions: [],
    denials: [],
    originsAsking: [],
    originsPermitted: [],
  },
  asking: [session(ID, 'mfp-1'), session(ELSEWHERE, 'mfp-2')],
  devices: devices.map(({ id, name, location }) => ({
    id,
    name,
    location,
    applications: [],
    hasBoxes: false,
    askers: [],
  })),
};

let folder: string;
let lan: LanApproval;
let recorded: RecordedJournal;
let taken: string[];
let port: number;
let origin: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'platen-lan-'));
  recorded = recordedJournal();
  taken = [];
  const actions: PanelActions = {
    view: () => VIEW,
    decide: (id, answer) =>
      Promise.resolve(void taken.push(`${answer.decision} ${id} ${JSON.stringify(answer.answeredBy)}`)),
    decideJob: (id, decision, by) => void taken.push(`job ${decision} ${id} ${JSON.stringify(by)}`),
    end: (id) => void taken.push(`end ${id}`),
    setCondition: (deviceId) => Promise.resolve(void taken.push(`set ${deviceId}`)),
    revokeCondition: (id) => Promise.resolve(void taken.push(`revoke ${id}`)),
    decideOrigin: (id, decision, by) => Promise.resolve(void taken.push(`origin ${decision} ${id} ${by.where}`)),
    revokeOrigin: (id) => Promise.resolve(void taken.push(`revoke origin ${id}`)),
    deviceOf: (action) => {
      if (action.do === 'set-condition') return action.deviceId;
      if (action.do === 'revoke-condition') return action.id === ID ? 'mfp-1' : 'mfp-2';
      if (action.do === 'decide-origin' || action.do === 'revoke-origin') return 'mfp-1';
      const id = action.do === 'decide-job' ? action.jobId : action.remoteSessionId;
      return { [ID]: 'mfp-1', [ELSEWHERE]: 'mfp-2' }[id];
    },
  };
  const text = JSON.stringify({ panel: { lan: { host: '127.0.0.1', port: 0 } }, devices });
  lan = new LanApproval(parseConfiguration(text, folder), actions, recorded.journal);
  await lan.start();
  origin = lan.administration.lan!.url;
  port = Number(new URL(origin).port);
});
afterEach(async () => {
  await lan.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly cookie?: string;
}
interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function responseTo({ method = 'GET', path, body, headers = {}, cookie }: Sent): Promise<IncomingMessage> {
  const own = { ...(cookie !== undefined && { cookie }), ...headers };
  const sent = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: own,
    rejectUnauthorized: false,
    agent: false,
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}
async function ask(sent: Sent): Promise<Got> {
  const response = await responseTo(sent);
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
  return { status: response.statusCode, headers: response.headers, text };
}
const post = (path: string, body: object | string, cookie?: string, headers: Record<string, string> = {}) =>
  ask({
    method: 'POST',
    path,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    cookie,
    headers: { 'content-type': JSON_TYPE, origin, ...headers },
  });
const codeOf = ({ text }: Got): string | undefined => (JSON.parse(text || '{}') as { code?: string }).code;
const codeFor = (devicesOf: string[] | null, setsConditions?: boolean): PairingCode =>
  lan.actionAt('/approvers/codes')!({ devices: devicesOf, setsConditions }) as PairingCode;

/** Pairs a phone. @returns its cookie */
async function paired(setsConditions?: boolean): Promise<string> {
  const { code } = codeFor(['mfp-1'], setsConditions);
  const { status, headers } = await post('/pair', { code, name: 'Anna', pin: PIN });
  expect(status).toBe(204);
  return headers['set-cookie']![0]!.split(';')[0]!;
}
const remove = () => lan.actionAt(`/approvers/${lan.administration.approvers[0]!.id}/remove`)!({});

async function* eventsOf(response: IncomingMessage): AsyncGenerator<PanelView> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString();
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events.filter((each) => each.includes('data: ')))
      yield JSON.parse(event.slice(event.indexOf('data: ') + 6)) as PanelView;
  }
}

describe('the LAN page', () => {
  it('sets a cookie that scripts and other hosts cannot have', async () => {
    const { headers } = await post('/pair', { code: codeFor(null).code, name: 'Anna', pin: PIN });
    expect(headers['set-cookie']![0]).toMatch(
      /^__Host-platen-phone=[\w-]{43}; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('shows nothing of devices and requests before login, and forbids framing', async () => {
    for (const path of ['/', '/devices/mfp-1', '/devices/nothing', '/login', '/approver.js', '/approver.css']) {
      const { status, headers, text } = await ask({ path });
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toMatch(/Tina|Device mfp|mfp-1/);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-frame-options']).toBe('DENY');
    }
    expect((await ask({ path: '/login' })).text).toBe('{"state":"unknown","name":null,"passkeys":false}');
  });

  it.each([
    ['no cookie', ''],
    ['an unknown cookie', `__Host-platen-phone=${'a'.repeat(43)}`],
    ['another cookie', 'platen=1'],
  ])('does nothing with %s', async (_case, cookie) => {
    await paired();
    for (const [path, body] of [
      [`/approvals/${ID}`, APPROVED],
      [`/approvals/${ID}`, '{"decision":"declined"}'],
      [`/sessions/${ID}/end`, '{}'],
      [`/conditions/${ID}/revocation`, '{}'],
      ['/logout', '{}'],
      ['/pin', `{"pin":"${PIN}","newPin":"840216"}`],
      ['/login', `{"pin":"${PIN}"}`],
      ['/passkeys/options', '{}'],
    ] as const)
      expect([path, (await post(path, body, cookie)).status]).toEqual([path, 401]);
    expect((await ask({ path: '/events', cookie })).status).toBe(401);
    for (const path of ['/approvers', '/approvers.html']) expect((await ask({ path, cookie })).status).toBe(404);
    expect((await post('/approvers/codes', '{"devices":null}', cookie)).status).toBe(404);
    expect(taken).toEqual([]);
  });

  it.each<[string, Record<string, string>, number]>([
    ['another web page', { origin: 'https://evil.example' }, 403],
    ['a page of the server', { origin: 'https://platen.example' }, 403],
    ['the same page without TLS', { origin: 'http://127.0.0.1' }, 403],
    ['a frame without origin', { origin: 'null' }, 403],
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', { 'content-type': 'text/plain' }, 415],
    ['another name for its address', { host: 'evil.example', origin: 'https://evil.example' }, 421],
  ])('refuses a YES of %s with the cookie of an approver', async (_case, headers, status) => {
    const cookie = await paired();
    const answer = await post(`/approvals/${ID}`, APPROVED, cookie, headers);
    expect([answer.status, codeOf(answer)]).toEqual([status, 'refused']);
    expect(taken).toEqual([]);
  });

  it('refuses a YES of a program that names no origin, other methods, and large or broken bodies', async () => {
    const cookie = await paired();
    const path = `/approvals/${ID}`;
    const headers = { 'content-type': JSON_TYPE };
    expect((await ask({ method: 'POST', path, body: APPROVED, cookie, headers })).status).toBe(403);
    for (const method of ['PUT', 'DELETE', 'OPTIONS'])
      expect((await ask({ method, path, cookie, headers: { origin } })).status).toBe(405);
    expect((await post(path, `{"decision":"${'x'.repeat(10_000)}"}`, cookie)).status).toBe(413);
    for (const body of ['{', 'null', '{"decision":"maybe"}', '{"decision":"approved","pin":"1"}'])
      expect((await post(path, body, cookie)).status).toBe(400);
    expect(taken).toEqual([]);
  });

  it('accepts answers for the devices of the approver only, and names who answered', async () => {
    const cookie = await paired();
    expect((await post(`/approvals/${ELSEWHERE}`, APPROVED, cookie)).status).toBe(404);
    expect((await post(`/sessions/${ELSEWHERE}/end`, {}, cookie)).status).toBe(404);
    expect((await post(`/conditions/${ELSEWHERE}/revocation`, {}, cookie)).status).toBe(404);
    expect((await post(`/approvals/${ID}`, APPROVED, cookie)).status).toBe(204);
    expect((await post(`/sessions/${ID}/end`, {}, cookie)).status).toBe(204);
    const by = '{"where":"approver","name":"Anna","proof":"pin"}';
    expect(taken).toEqual([`approved ${ID} ${by}`, `end ${ID}`]);
    const response = await responseTo({ path: '/events', cookie });
    const { value } = (await eventsOf(response).next()) as { value: PanelView };
    expect(value.asking.map(({ deviceId }) => deviceId)).toEqual(['mfp-1']);
    expect(value.devices.map(({ id }) => id)).toEqual(['mfp-1']);
    expect(JSON.stringify(value)).not.toContain('mfp-2');
    response.destroy();
  });

  it.each([
    ['who may not', undefined, 'mfp-1', 403, 'not-permitted', []],
    ['who may', true, 'mfp-1', 204, undefined, ['set mfp-1']],
    ['who may, for another device', true, 'mfp-2', 404, 'not-found', []],
  ])('lets an approver %s set an access condition: %s', async (_who, may, deviceId, status, code, done) => {
    const cookie = await paired(may);
    const access = { kind: 'session', applications: ['web'], grant: 'operate' };
    const who = { kind: 'user', id: 'tina', name: 'Tina' };
    const answer = await post('/conditions', { deviceId, condition: { who, access } }, cookie);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(taken).toEqual(done);
    expect((await post(`/conditions/${ID}/revocation`, {}, cookie)).status).toBe(204);
    expect(lan.administration.approvers[0]!.setsConditions).toBe(may ?? false);
  });

  it.each([
    ['who may not', undefined, 'permitted', 403, []],
    ['who may not', undefined, 'declined', 204, [`origin declined ${ID} approver`]],
    ['who may', true, 'permitted', 204, [`origin permitted ${ID} approver`]],
  ])('lets an approver %s answer for another origin: %s', async (_who, may, decision, status, done) => {
    const cookie = await paired(may);
    expect((await post(`/origins/${ID}`, { decision }, cookie)).status).toBe(status);
    expect(taken).toEqual(done);
  });

  it.each(['Display', ' local  page ', '', 'Dis\u200bplay', '\u202e', 'a'.repeat(61)])(
    'pairs no approver with the name %j, which others could take for something else',
    async (name) => {
      const { code } = codeFor(null);
      expect((await post('/pair', { code, name, pin: PIN })).status).toBe(400);
      expect((await post('/pair', { code, name: 'Anna', pin: PIN })).status).toBe(204);
    },
  );

  it('ends the events and the cookie of a removed approver at once', async () => {
    const cookie = await paired();
    const response = await responseTo({ path: '/events', cookie });
    response.on('error', () => undefined);
    await once(response, 'data');
    const ended = new Promise((resolve) => response.once('close', resolve));
    remove();
    await ended;
    expect((await post(`/approvals/${ID}`, APPROVED, cookie)).status).toBe(401);
    expect((await ask({ path: '/events', cookie })).status).toBe(401);
    expect(taken).toEqual([]);
  });

  it('logs out, and in again with the PIN', async () => {
    const cookie = await paired();
    expect((await post('/logout', {}, cookie)).status).toBe(204);
    expect((await post(`/approvals/${ID}`, APPROVED, cookie)).status).toBe(401);
    expect((await ask({ path: '/login', cookie })).text).toContain('"state":"paired","name":"Anna"');
    const wrong = await post('/login', { pin: '000000' }, cookie);
    expect([wrong.status, codeOf(wrong)]).toEqual([403, 'pin-refused']);
    expect((await post('/login', { pin: PIN }, cookie)).status).toBe(204);
    expect((await post(`/approvals/${ID}`, APPROVED, cookie)).status).toBe(204);
  });

  it('makes a phone wait after wrong PINs and says for how long', async () => {
    const cookie = await paired();
    for (let tries = 0; tries < LIMITS.PIN_TRIES; tries++) await post('/login', { pin: '840216' }, cookie);
    const { status, headers } = await post('/login', { pin: PIN }, cookie);
    expect([status, Number(headers['retry-after'])]).toEqual([429, expect.any(Number)]);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(LIMITS.PIN_WAIT_FIRST_MS / 1000);
  });

  it('offers no passkeys without a name and a certificate', async () => {
    const cookie = await paired();
    expect((await post('/passkeys/options', {}, cookie)).status).toBe(404);
    expect((await post('/passkey-login/options', {})).status).toBe(404);
  });

  it('bounds the connections of one address, and still answers another', async () => {
    const sockets = Array.from({ length: LIMITS.LAN_PAGE_CONNECTIONS_PER_ADDRESS }, () =>
      connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }).on('error', () => undefined),
    );
    await Promise.all(sockets.map((socket) => once(socket, 'secureConnect')));
    await expect(ask({ path: '/login' })).rejects.toThrow();
    const socket = connectTcp({ host: '127.0.0.1', port, localAddress: '127.0.0.9' });
    const other = connectTls({ socket, rejectUnauthorized: false });
    await once(other, 'secureConnect');
    for (const each of [...sockets, other]) each.destroy();
  });

  it('does not wait for ever for the rest of headers or of a body', async () => {
    const host = `127.0.0.1:${port}`;
    const headers = 'POST /login HTTP/1.1\r\nHost: x';
    const type = 'Content-Type: application/json\r\nContent-Length: 99';
    const body = `POST /pair HTTP/1.1\r\nHost: ${host}\r\nOrigin: https://${host}\r\n${type}\r\n\r\n{`;
    const closed = [headers, body].map(async (text) => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }).on('error', () => undefined);
      await once(socket, 'secureConnect');
      socket.write(text);
      await once(socket.resume(), 'close');
    });
    await Promise.all(closed);
  });

  it('shows its fingerprint as browsers show it', async () => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    expect(lan.administration.lan?.fingerprint).toBe(socket.getPeerCertificate().fingerprint256);
    expect(recorded.lines.find(({ msg }) => msg === 'LAN page listening')).toMatchObject({ url: origin });
    socket.destroy();
  });
});
