import type { Page } from 'playwright-core';
import { event } from '../../src/demo/scenario';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import { sessionWithSteps } from '../../src/protocol/api';
import { spkiPinOf } from '../../src/tunnel/pinned-tls';
import { askForAccess, ConsoleBrowser, logIn } from '../support/browser/console-browser';
import { launchOn } from '../support/browser/network-browser';
import { networksMissing, SERVER, type Host } from '../support/customer-networks';
import { NetworkStage } from '../support/stage/network-stage';
import { until } from '../support/until';

const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);

/** A host in another network than the server's and the customer's. */
const TECHNICIAN = 'second-b';
const SESSIONS = 'sessions.example';
const PORTS = { console: 8080, 'control channel': 5223, relay: 8090 };
const CLEAR_TEXT = {
  HTTP: `GET / HTTP/1.1\r\nHost: ${SERVER}\r\n\r\n`,
  WebSocket:
    `GET /1/terminal HTTP/1.1\r\nHost: ${SERVER}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  XMPP: "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='platen.local' version='1.0'>",
};

let on: NetworkStage;
let browser: ConsoleBrowser;
let page: Page;

/** Addresses on which a host listens for other hosts, as `address:port`. */
async function listeners(host: Host): Promise<string[]> {
  const { output } = await on.networks.run(host, 'ss', '-ltnH');
  const local = output.split('\n').flatMap((line) => line.trim().split(/\s+/)[3] ?? []);
  return local.filter((address) => !/^(127\.|\[::1\])/.test(address)).sort();
}

/** Sends text without TLS. @returns all bytes of the answer, up to the end of the connection */
async function answerTo(text: string, port: number): Promise<Buffer> {
  const send = `
    const socket = require('node:net').connect(${port}, '${SERVER}', () => socket.write(${JSON.stringify(text)}));
    socket.setTimeout(60_000, () => process.exit(2)).on('error', () => undefined);
    socket.on('data', (bytes) => process.stdout.write(bytes.toString('hex'))).on('close', () => process.exit(0));`;
  const { code, output } = await on.networks.run(TECHNICIAN, process.execPath, '-e', send);
  expect({ port, code }).toEqual({ port, code: 0 });
  return Buffer.from(output, 'hex');
}

const session = async (id: string) => {
  const { printed } = await finished(on.terminal('technician', ['session', id, '--json']));
  return sessionWithSteps.parse(JSON.parse(printed.join('')));
};
const ended = (id: string) =>
  until('both ends of the session', async () => {
    const now = await session(id);
    return now.device.state === 'ended' && now.terminal.state === 'ended' && now;
  });
const IN_ORDER = {
  ending: 'ended-by-terminal',
  device: { endReason: 'requested' },
  terminal: { endReason: 'requested' },
};

(missing === undefined ? describe : describe.skip)('server, customer and technician with a private authority', () => {
  beforeAll(async () => {
    on = await NetworkStage.set({ env: { PLATEN_SESSION_DOMAIN: SESSIONS }, signed: true, terminals: TECHNICIAN });
    // kept at once, so that it is closed if the customer's programs do not start
    await Promise.all([
      launchOn(on, TECHNICIAN, [`--host-resolver-rules=MAP *.${SESSIONS} ${SERVER}`]).then(
        (launched) => (browser = launched),
      ),
      on.startCustomer('a'),
    ]);
    await finished(on.terminal('admin', ['users', 'assign', SAMPLE_USERS.technician.username, 'a']));
    page = await browser.window();
  });
  afterAll(async () => {
    await browser?.close();
    await on?.strike();
  });

  it("show the device's page in the technician's browser after YES, until the session is ended there", async () => {
    await logIn(page, on.serverUrl, SAMPLE_USERS.technician);
    const id = await askForAccess(page, 'Streaks', 'MFP of a');
    await on.pressYes('a', id);
    const shown = page.frameLocator('iframe');
    await shown.getByText('Ready to print').waitFor();
    await shown.getByText('SERIAL-a').first().waitFor();
    const origins = page.frames().map((frame) => new URL(frame.url()).origin);
    expect(origins).toEqual([on.serverUrl, expect.stringMatching(/^https:\/\/s-[^.]+\.sessions\.example:8080$/)]);
    await page.getByRole('button', { name: 'End session' }).click();
    await page.getByText('The technician ended the session.').waitFor();
    expect(await ended(id)).toMatchObject(IN_ORDER);
    expect(browser.complaints).toEqual([]);
  });

  /** A session by `platen connect`, which is interrupted at its end. */
  async function connects(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const connect = on.terminal('technician', ['connect', 'mfp-a', 'web', '--reason', 'Streaks', '--json']);
    try {
      const { sessionId } = await event(connect, 'requested');
      await on.pressYes('a', sessionId);
      const { url } = await event(connect, 'listening');
      await meanwhile();
      expect(await on.page(TECHNICIAN, String(url))).toContain('SERIAL-a');
      connect.child.kill('SIGINT');
      expect(await connect.exited).toBe(0);
      expect(await ended(sessionId)).toMatchObject(IN_ORDER);
    } finally {
      await connect.stop('SIGKILL');
    }
  }

  it("lead `platen connect` to the device's page, until it is interrupted", () => connects());

  it.each<[Host, number[]]>([
    ['internet', Object.values(PORTS)],
    ['agent-a', []],
    [TECHNICIAN, []],
  ])('listen for other hosts at known ports only: %s', async (host, ports) => {
    expect(await listeners(host)).toEqual(ports.map((port) => `${SERVER}:${port}`).sort());
  });

  const asked = Object.keys(PORTS).flatMap((port) => Object.keys(CLEAR_TEXT).map((text) => [port, text]));
  it.each(asked as [keyof typeof PORTS, keyof typeof CLEAR_TEXT][])(
    'answer at the %s nothing to %s without TLS',
    async (port, text) => {
      const answer = await answerTo(CLEAR_TEXT[text], PORTS[port]);
      const alert = answer.length === 7 && answer.readUInt8(0) === 21; // RFC 8446 5.1, 6
      expect({ answer: answer.toString('latin1'), refused: alert || answer.length === 0 }).toMatchObject({
        refused: true,
      });
    },
  );

  /** The pin of the key that a port presents. */
  async function presentedAt(port: number): Promise<string> {
    const show = `
      const options = { host: '${SERVER}', port: ${port}, rejectUnauthorized: false, timeout: 60_000 };
      const socket = require('node:tls').connect(options, () => {
        console.log(socket.getPeerX509Certificate().toString());
        process.exit(0);
      });
      socket.on('timeout', () => process.exit(2));`;
    const { output } = await on.networks.run(TECHNICIAN, process.execPath, '-e', show);
    return spkiPinOf(output);
  }

  it.each(Object.entries(PORTS))("speak TLS with the server's key at the %s", async (_, port) => {
    expect(await presentedAt(port)).toBe(on.pin);
  });

  it('carry on when the certificate is renewed with another key', async () => {
    await connects(async () => {
      const renewed = await on.renewCertificate();
      for (const port of [PORTS.console, PORTS.relay])
        await until(`the new key at port ${port}`, async () => (await presentedAt(port)) === renewed, 90_000, 500);
      expect(await presentedAt(PORTS['control channel'])).toBe(on.pin);
    });
    await on.programOn('agent-a').stop();
    await on.runAgent('agent-a').logged('agent online', 60_000);
    await connects();
  });
});
