import type { Release } from '../../src/protocol/deployment';
import { sampleUser } from '../support/samples/api-samples';
import { CONSOLE_URL, ConsoleWithoutServer } from '../support/browser/console-without-server';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { withSampleDeployments } from '../support/samples/deployment-samples';

const AT = '2026-03-02T09:00:00.000Z';
const builtIn: Release = {
  name: 'built-in',
  version: '0.1.0',
  protocol: 1,
  bytes: null,
  sha256: null,
  notes: '',
  createdAt: null,
  storedAt: null,
  serving: true,
};
const added: Release = {
  ...builtIn,
  name: '9.8.7',
  version: '9.8.7',
  bytes: 4,
  createdAt: AT,
  storedAt: AT,
  serving: false,
};

let browser: ConsoleBrowser;
beforeAll(async () => (browser = await ConsoleBrowser.launch()));
afterAll(() => browser?.close());

it('a file that is stored while its list is read for the first time is in the list', async () => {
  const page = await browser.window();
  await ConsoleWithoutServer.open(page, { ...sampleUser, role: 'admin' });
  await withSampleDeployments(page);
  let stored = (): void => undefined;
  const beforeIt = new Promise<void>((resolve) => (stored = resolve));
  const readings: Release[][] = [[builtIn]]; // the first is slow, and was made before the file was there
  await page.route(/\/api\/releases$/, async (route) => {
    if (route.request().method() === 'POST') {
      await route.fulfill({ status: 201, json: added });
      return stored();
    }
    const rows = readings.shift();
    if (rows) await beforeIt;
    await route.fulfill({ json: rows ?? [builtIn, added] }).catch(() => undefined); // given up meanwhile
  });
  await page.goto(`${CONSOLE_URL}/deployment`);
  const file = { name: 'relay.release', mimeType: '', buffer: Buffer.from('some') };
  const releases = page.getByRole('region', { name: 'Releases' });
  await releases.locator('input[type=file]').setInputFiles(file);
  await releases.getByText('Release 9.8.7 has been stored.').waitFor();
  await releases.getByText('9.8.7', { exact: true }).waitFor();
});
