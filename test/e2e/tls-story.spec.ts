import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { event } from '../../src/demo/scenario';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import { sessionWithSteps } from '../../src/protocol/api';
import { spkiPinOf } from '../../src/tunnel/pinned-tls';
import { chromiumFile } from '../support/browser/chromium';
import { askForAccess, ConsoleBrowser, logIn } from '../support/browser/console-browser';
import { networksMissing, SERVER, type Host } from '../support/customer-networks';
import { NetworkStage } from '../support/stage/network-stage';
import { until } from '../support/until';

const missing = networksMissing();
if (missing === undefined ? describe : describe.skip)
  ('server, customer and technician with a private authority',
    () => {
      beforeAll(async () => {
        on = await NetworkStage.set({ env: { PLATEN_SESSION_DOMAIN: SESSIONS }, signed: true, terminals: TECHNICIAN });
        // kept at once, so that it is closed if the customer's programs do not start
        await Promise.all([launchOn(TECHNICIAN).then((launched) => (browser = launched)), on.startCustomer('a')]);
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
      const options = { host: '${SERVER}', port: ${port}, rejectUnauthorized: false, timeout: 10_000 };
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
