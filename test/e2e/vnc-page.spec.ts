import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { PlatenFiles, PATHS } from '../../src/server/browser-sessions/site/platen-files';
import { startChromium } from '../support/browser/chromium';
import { until } from '../support/until';

describe('the screen of a VNC server', () => {
  it('says that the device does not answer if it stays silent', async () => {
    const files = new PlatenFiles();
    const http = createServer((request, response) => {
      if (!files.serve(request.url ?? '', request, response, "frame-ancestors 'none'")) response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const device = new WebSocketServer({ server: http, path: PATHS.stream, handleProtocols: () => 'binary' });
    const connected = once(device, 'connection');
    const browser = await startChromium();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(90_000);
      await page.clock.install();
      await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}${PATHS.vnc}`);
      await connected;
      const state = () => page.textContent('#state');
      expect(await state()).toBe('Connecting ...');
      await page.clock.runFor(15_000);
      await until('the reason', async () => (await state()) === 'Not connected: the device does not answer.');
    } finally {
      await browser.close();
      for (const client of device.clients) client.terminate();
      http.close();
      http.closeAllConnections();
    }
  });
});
