import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate, type TestCertificate } from '../../../test/support/test-certificate';
import { enrol } from './enrolment';
import { EnrolmentRefused, ServerNotTrusted, ServerUnreachable } from './enrolment.errors';

const code = 'c'.repeat(43);
const offered = { signingKey: 'k'.repeat(43) };
let certificate: TestCertificate;
let other: TestCertificate;
let server: Server | undefined;
/** Every request body that the servers have received. */
let received: string[];

beforeAll(async () => {
  certificate = await makeCertificate();
  other = await makeCertificate();
});
beforeEach(() => {
  received = [];
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const accountWith = (pin: string) => ({
  agentId: 'agent-1',
  password: 'p'.repeat(43),
  xmpp: { host: 'platen.example', port: 5223, domain: 'platen.local' },
  pin,
});

async function serve(answer: { status?: number; body: string }, tls?: TestCertificate): Promise<string> {
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body);
    });
  };
  server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `${tls ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`;
}

const account = (pin = certificate.pin) => JSON.stringify(accountWith(pin));

describe('enrolment', () => {
  it('exchanges the code for an account over loopback http', async () => {
    const url = await serve({ body: account() });
    expect(await enrol(`${code}.${certificate.pin}\n`, url, offered)).toEqual({
      ...accountWith(certificate.pin),
      server: url,
    });
    expect(received).toEqual([`POST /api/enrolment ${JSON.stringify({ code, ...offered })}`]);
  });

  it('keeps the key that verifies firmware, if the server has one', async () => {
    const releaseKey = 'R'.repeat(43);
    const url = await serve({ body: JSON.stringify({ ...accountWith(certificate.pin), releaseKey }) });
    expect(await enrol(`${code}.${certificate.pin}`, url, offered)).toMatchObject({ releaseKey });
  });

  it('sends the code over https to a server with the pinned key', async () => {
    const url = await serve({ body: account() }, certificate);
    expect(await enrol(`${code}.${certificate.pin}`, url, offered)).toEqual({
      ...accountWith(certificate.pin),
      server: url,
    });
    expect(received).toHaveLength(1);
  });

  it('sends the code over https to a server with a trusted certificate', async () => {
    const url = await serve({ body: account() }, other);
    expect(await enrol(`${code}.${certificate.pin}`, url, offered, other.cert)).toEqual({
      ...accountWith(certificate.pin),
      server: url,
      authority: other.cert,
    });
  });

  it('sends nothing over https to any other server', async () => {
    const url = await serve({ body: account() }, other);
    await expect(enrol(`${code}.${certificate.pin}`, url, offered)).rejects.toThrow(ServerNotTrusted);
    expect(received).toEqual([]);
  });

  it('refuses an account with another pin than the enrolment code', async () => {
    const url = await serve({ body: account(other.pin) });
    await expect(enrol(`${code}.${certificate.pin}`, url, offered)).rejects.toThrow(ServerNotTrusted);
  });

  const problem = JSON.stringify({
    type: 'urn:platen:problem:code-refused',
    title: 'Enrolment code refused',
    status: 403,
    code: 'code-refused',
    remedy: 'Have a new one made.',
  });
  it.each([
    ['a refusal', { status: 403, body: problem }, EnrolmentRefused, /Enrolment code refused. Have a new one made/],
    ['an error page', { status: 502, body: '<html>' }, ServerUnreachable, /status 502/],
    ['a redirection', { status: 302, body: '' }, ServerUnreachable, /status 302/],
    ['another answer', { body: '{}' }, ServerUnreachable, /not that of a Platen server/],
    ['an endless answer', { body: 'x'.repeat(70_000) }, ServerUnreachable, /too large/],
  ])('reports the cause of %s', async (_case, answer, type, message) => {
    const failure: unknown = await enrol(`${code}.${certificate.pin}`, await serve(answer), offered).catch(
      (e: unknown) => e,
    );
    expect(failure).toBeInstanceOf(type);
    expect(String(failure)).toMatch(message);
    expect(String(failure)).not.toContain(code);
  });

  it.each([
    ['http to another computer', 'http://192.0.2.1', ServerNotTrusted],
    ['another scheme', 'ftp://localhost', ServerUnreachable],
    ['text that is not a URL', 'platen', ServerUnreachable],
    ['a closed port', 'http://127.0.0.1:9', ServerUnreachable],
  ])('refuses %s', async (_case, url, type) => {
    await expect(enrol(`${code}.${certificate.pin}`, url, offered)).rejects.toThrow(type);
  });

  it('refuses a malformed enrolment code', async () => {
    await expect(enrol('hello', 'http://127.0.0.1:9', offered)).rejects.toThrow(/43 characters each/);
  });
});
