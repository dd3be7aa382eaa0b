import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { ja } from '../../src/console/messages/ja';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { language, type Language } from '../../src/protocol/api';
import { findings } from '../support/browser/axe';
import { askForAccess, ConsoleBrowser } from '../support/browser/console-browser';
import {
  SAMPLE_DEPLOYMENTS,
  withSampleDeployments,
  withSampleHalt,
  withSampleNotices,
} from '../support/samples/deployment-samples';
import { SAMPLE_JOBS, withSampleMaintenance } from '../support/samples/maintenance-samples';
import { TestStage } from '../support/stage/test-stage';

/** Where pictures of every screen are put; none are taken unless it is set. */
const SHOTS = process.env.PLATEN_SHOTS;

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };
const CATALOGUES = { en, ja };
const LANGUAGES = language.options;
type Case = [size: keyof typeof SIZES, colorScheme: 'light' | 'dark', languages: readonly Language[]];
/** Each size, scheme and language once; pictures are taken of all of them together. */
const cases: Case[] = SHOTS
  ? [
      ['wide', 'light', LANGUAGES],
      ['wide', 'dark', LANGUAGES],
      ['phone', 'light', LANGUAGES],
      ['phone', 'dark', LANGUAGES],
    ]
  : [
      ['wide', 'light', ['en']],
      ['phone', 'dark', ['ja']],
    ];

let on: TestStage;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set();
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
}, 120_000);
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await on?.strike();
}, 60_000);

describe.each(cases)('on a %s screen in %s colours', (size, colorScheme, languages) => {
  const viewport = SIZES[size];
  let page: Page;

  async function look(name: string, fullPage = false): Promise<void> {
    await page.evaluate('document.fonts.ready');
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}-${size}-${colorScheme}.png`), fullPage });
    expect({ name, findings: await findings(page) }).toEqual({ name, findings: [] });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect({ name, width }).toEqual({ name, width: viewport.width });
  }
  const goTo = async (path: string, heading: string): Promise<void> => {
    await page.goto(`${on.stage.serverUrl}${path}`);
    await page.getByRole('heading', { name: heading }).first().waitFor();
    await page.getByText('Loading').first().waitFor({ state: 'detached' });
  };

  it('everybody can use every screen', async () => {
    page = await browser.window({ viewport, colorScheme });
    await page.goto(on.stage.serverUrl);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await look('login');
    page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.technician, { viewport, colorScheme });
    await page.getByRole('link', { name: 'Demo MFP' }).waitFor();
    await look('devices');
    await page.getByRole('link', { name: 'Demo MFP' }).click();
    await page.getByRole('button', { name: 'Open Web pages' }).click();
    await page.getByLabel('Reason').fill('Paper jams in tray 2, customer asks for a look at the counters');
    await look('open');
    await page.keyboard.press('Escape');
    await goTo('/devices', 'Devices');
    const id = await askForAccess(page, 'Paper jams in tray 2, customer asks for a look at the counters');
    await on.step('S143', id);
    await look('progress');
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    await page.frameLocator('iframe').getByText('Ready to print').waitFor({ timeout: 30_000 });
    await look('view');
    const list = await page.context().newPage();
    const view = page;
    page = list;
    await goTo('/sessions', 'Sessions');
    await page.getByText('Running').waitFor();
    await look('sessions-live');
    await page.close();
    page = view;
    await page.getByRole('button', { name: 'End session' }).click();
    await page.getByText('The technician ended the session.').waitFor();
    await on.ended(id);
    await page.getByRole('button', { name: 'Request again' }).waitFor();
    await look('ended');
    await goTo(`/sessions/${id}`, 'Paper jams');
    await look('session', true);
    await goTo('/sessions?state=ended', 'Sessions');
    await page.getByText('The technician ended').first().waitFor();
    await look('sessions');
    await goTo('/devices/demo-mfp', 'Demo MFP');
    await page.getByRole('table').waitFor();
    await look('device', true);
    await goTo('/tokens', 'API tokens');
    await page.getByRole('button', { name: 'Revoke' }).first().waitFor();
    await look('tokens');
    await goTo('/profile', 'Profile');
    await look('profile');
    await goTo('/notices', 'Notices');
    await page.getByText('No unread notices').waitFor();
    await look('notices-empty');
    await goTo('/devices/no-such-device', 'no-such-device');
    await page.getByText('Unknown device').waitFor();
    await look('problem');
  }, 120_000);

  it('administrators can use every screen of theirs', async () => {
    page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin, { viewport, colorScheme });
    for (const [path, heading, row] of [
      ['/users', 'Users', 'Tina Technician'],
      ['/agents', 'Agents', 'demo-agent'],
      ['/audit', 'Audit trail', 'Agent enrolled'],
    ] as const) {
      await goTo(path, heading);
      await page.getByText(row).first().waitFor();
      await look(heading.toLowerCase().replace(' ', '-'));
    }
    await goTo('/users', 'Users');
    await page.getByRole('button', { name: 'Edit Tina Technician' }).click();
    await page.getByRole('combobox', { name: 'Administrator of this user' }).waitFor();
    await look('user');
    await page.keyboard.press('Escape');
    await goTo('/tokens', 'API tokens');
    await page.getByText('No tokens yet').waitFor();
    await look('tokens-empty');
    await goTo('/deployment', 'Deployment');
    await page.getByText('No deployments yet').waitFor();
    await page.getByText('Accepts new sessions').waitFor();
    await look('deployment-empty', true);
    await goTo('/agents', 'Agents');
    await page.getByRole('button', { name: 'Enrol an agent' }).click();
    await page.getByLabel('Agent ID').fill('warehouse');
    await page.getByRole('button', { name: 'Create enrolment code' }).click();
    await page.getByText('shown only once').waitFor();
    await look('enrolment-code');
    await page.keyboard.press('Escape');
    if (size === 'phone') {
      await page.getByRole('button', { name: 'Menu' }).click();
      // once it has come to rest
      await page.getByRole('link', { name: 'Audit trail' }).click({ trial: true });
      await look('menu');
    }
  }, 120_000);

  it.each(languages)(
    'a deployment can be followed on every screen, in %s',
    async (spoken) => {
      page = await administratorsPage(spoken);
      await withSampleDeployments(page);
      const t = CATALOGUES[spoken];
      const show = (name: string): Promise<void> => look(`${name}-${spoken}`, true);
      await goTo('/deployment', t.deployment.title);
      await page.getByText('Less memory per session').waitFor();
      await page.getByRole('img', { name: t.deployment.picture(2) }).waitFor();
      await show('deployment');
      await page.getByRole('button', { name: t.deployment.instruct }).click();
      await page.getByLabel(t.deployment.whens.at).click();
      await page.getByRole('textbox', { name: t.deployment.time }).waitFor();
      await look(`instruct-${spoken}`);
      for (const [name, deployment] of Object.entries(SAMPLE_DEPLOYMENTS)) {
        await goTo(`/deployment/${deployment.id}`, '0.1.0 →');
        await page.getByText(t.deployment.states[deployment.state]).first().waitFor();
        await show(`deployment-${name}`);
      }
    },
    120_000,
  );

  it.each(languages)(
    'maintenance can be asked for and followed on every screen, in %s',
    async (spoken) => {
      page = await administratorsPage(spoken);
      await withSampleMaintenance(page);
      const t = CATALOGUES[spoken];
      const show = (name: string): Promise<void> => look(`${name}-${spoken}`, true);
      await goTo('/devices', t.devices.title);
      await page
        .getByText(t.information.alertNames['media-jam'] ?? '')
        .first()
        .waitFor();
      await show('condition');
      await goTo('/devices/copy-room', 'Copy room');
      await page.getByRole('img', { name: t.maintenance.impressions(4) }).waitFor();
      await page.getByRole('meter').first().waitFor();
      await show('maintenance');
      const install = t.maintenance.operations['firmware-install'].name;
      await page.getByRole('button', { name: t.maintenance.runNamed(install) }).click();
      await page.getByLabel(t.maintenance.install.understood).waitFor();
      await look(`install-${spoken}`);
      await goTo('/devices/reception', 'Reception');
      await page.getByText(t.maintenance.noOperations).waitFor();
      await goTo('/jobs', t.maintenance.title);
      await page.getByText(t.maintenance.states.held).waitFor();
      await show('jobs');
      for (const name of ['held', 'failed', 'succeeded'] as const) {
        await goTo(`/jobs/${SAMPLE_JOBS[name].id}`, 'Copy room');
        await show(`job-${name}`);
      }
      await goTo('/firmware', t.firmware.title);
      await page.getByText(t.firmware.anyModel).waitFor();
      await show('firmware');
      await page.getByRole('button', { name: t.firmware.upload }).click();
      await page.getByRole('textbox', { name: t.firmware.sha256 }).waitFor();
      await look(`firmware-upload-${spoken}`);
    },
    120_000,
  );

  it.each(languages)(
    'notices are shown until they are read, in %s',
    async (spoken) => {
      page = await administratorsPage(spoken);
      await withSampleNotices(page);
      const t = CATALOGUES[spoken];
      await goTo('/devices', t.devices.title);
      await page.getByText(t.notices.halted('Reception MFP')).first().waitFor();
      await look(`new-notices-${spoken}`);
      await goTo('/notices', t.notices.title);
      await page.getByText(t.notices.mails['given-up']).waitFor();
      await look(`notices-${spoken}`, true);
    },
    60_000,
  );

  it.each(languages)(
    'a halt and a wait during a deployment are explained, in %s',
    async (spoken) => {
      page = await administratorsPage(spoken);
      const t = CATALOGUES[spoken];
      const halting = await withSampleHalt(page, 'halting');
      await page.goto(`${on.stage.serverUrl}/sessions/${halting}/view`);
      await page.getByRole('heading', { name: t.view.halting }).waitFor();
      await page.getByRole('banner').getByText(t.view.deploying).waitFor();
      await look(`halting-${spoken}`);
      const halted = await withSampleHalt(page, 'ended');
      await page.goto(`${on.stage.serverUrl}/sessions/${halted}/view`);
      await page.getByRole('heading', { name: t.view.halted }).waitFor();
      await look(`halted-${spoken}`);
      await goTo('/devices/demo-mfp', 'Demo MFP');
      await page.getByRole('button', { name: t.device.openNamed('Web pages') }).click();
      await page.getByRole('textbox', { name: t.open.reason }).fill('Paper jams in tray 2');
      await page.getByRole('button', { name: t.open.ask }).click();
      await page.getByText(t.open.busyHint).waitFor();
      await look(`waiting-${spoken}`);
    },
    60_000,
  );

  const administratorsPage = (spoken: Language): Promise<Page> => {
    const locale = { en: 'en-GB', ja: 'ja-JP' }[spoken];
    return browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.admin, { viewport, colorScheme, locale });
  };
});
