// Takes the screenshots in docs/pictures from a running demo.
//   npm run pictures
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const { reservePorts, SAMPLE_USERS, setStage } = createRequire(import.meta.url)('../dist/src/demo/stage.js');
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WIDE = { width: 1280, height: 800 };

const folder = await mkdtemp(join(tmpdir(), 'platen-pictures-'));
const stage = await setStage({
  folder,
  ports: await reservePorts(),
  cli: join(ROOT, 'dist/src/cli.js'),
  moreDevices: ['copy-room', 'warehouse'],
});
const executablePath = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  await takePictures();
} finally {
  await browser.close();
  await stage.stop();
  await rm(folder, { recursive: true, force: true });
}

async function takePictures() {
  const technician = await loggedIn(SAMPLE_USERS.technician);
  const approval = await windowAt(stage.panelUrl, { width: 800, height: 480 });
  const display = await windowAt(stage.displayUrl, { width: 1120, height: 580 });

  await request(technician, 'demo-mfp', 'Operation panel', 'Paper jams in tray 2 since this morning');
  await display.getByRole('button', { name: 'YES', exact: true }).waitFor();
  await settled(display);
  await take(display, 'approval');
  await display.waitForTimeout(1_000); // a dialog that has just appeared takes no answer
  await display.getByRole('button', { name: 'YES', exact: true }).click();
  await technician.frameLocator('iframe').getByRole('button', { name: 'Job list' }).waitFor();
  await settled(technician);
  await take(technician, 'panel');
  await endSession(technician);

  await openSession(technician, approval, 'demo-mfp');
  await technician.frameLocator('iframe').getByText('Live (WebSocket)').waitFor();
  await technician
    .getByText(/\d kB$/)
    .first()
    .waitFor(); // the traffic that the relay has counted
  await settled(technician);
  await take(technician, 'console');

  for (const device of ['copy-room', 'warehouse'])
    await openSession(await technician.context().newPage(), approval, device);
  const administrator = await loggedIn(SAMPLE_USERS.admin, { width: 1280, height: 640 });
  await administrator.getByRole('link', { name: 'Deployment' }).click();
  await administrator.getByRole('button', { name: 'New deployment' }).click();
  await administrator.getByLabel('Relay workers (pairs)').fill('2');
  await administrator.getByRole('button', { name: 'Review devices' }).click();
  await administrator.getByRole('row').filter({ hasText: 'warehouse' }).getByText('In session').waitFor();
  await take(administrator, 'deployment');
  await administrator.getByRole('button', { name: 'Abort' }).click();
  await endSession(technician);

  await raisePaperJam();
  const device = await loggedIn(SAMPLE_USERS.technician, { width: 1200, height: 1180 }, '/devices/demo-mfp');
  await device.getByRole('combobox', { name: 'If the device is busy' }).click();
  await device.getByRole('option', { name: /hour/ }).first().click();
  await device.getByRole('button', { name: /Test page/ }).click();
  await device
    .getByText(/^(On hold|Waiting for the device)/)
    .first()
    .waitFor();
  await device.getByText('Paper jam.').first().waitFor();
  await settled(device);
  await take(device, 'maintenance');
}

async function windowAt(url, viewport) {
  const context = await browser.newContext({ locale: 'en-GB', viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function loggedIn({ username, password }, viewport = WIDE, path = '/') {
  const page = await windowAt(stage.serverUrl + path, viewport);
  await page.getByLabel('User ID').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('Password', { exact: true }).waitFor({ state: 'detached' });
  return page;
}

async function request(page, device, application, reason) {
  await page.goto(`${stage.serverUrl}/devices/${device}`);
  await page.getByRole('button', { name: `Open ${application}` }).click();
  await page.getByLabel('Reason').fill(reason);
  await page.getByRole('button', { name: 'Request access' }).click();
}

async function openSession(page, approval, device) {
  await request(page, device, 'Web pages', 'Streaks on every page');
  await approval.getByRole('button', { name: /^YES/ }).first().click();
  await page.frameLocator('iframe').getByText('Ready to print').waitFor();
}

async function endSession(page) {
  await page.getByRole('button', { name: 'End session' }).click();
  await page.getByRole('heading', { name: 'The session has ended' }).waitFor();
}

/** On the simulated MFP's service page, as its administrator. */
async function raisePaperJam() {
  const page = await windowAt(`${stage.devices[0].url}/login?next=/service`, WIDE);
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill(await page.locator('code').last().innerText());
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Raise: Paper jam' }).click();
  await page.getByText('Now: Paper jam.').waitFor();
}

/** Resolves when fonts and images are loaded and the next frame is painted. */
function settled(page) {
  return page.evaluate('document.fonts.ready.then(() => new Promise(requestAnimationFrame))');
}

async function take(page, name) {
  await page.screenshot({ path: join(ROOT, `docs/pictures/${name}.png`) });
  console.log(`docs/pictures/${name}.png`);
}
