import { randomUUID } from 'node:crypto';
import type { Page, Response } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { ja } from '../../src/console/messages/ja';
import { SAMPLE_USERS } from '../../src/demo/stage';
import type { AccessCondition } from '../../src/protocol/access-conditions';
import { lastAgentCheck, type DeniedAccess, type Language, type ReportedConditions } from '../../src/protocol/api';
import type { ExternalClient } from '../../src/protocol/external-clients';
import { findings } from '../support/browser/axe';
import { askForAccess, ConsoleBrowser, type Person } from '../support/browser/console-browser';
import { picture, SHOTS, SIZES, type View } from '../support/browser/pictures';
import {
  sampleClient,
  sampleConditions,
  sampleDenial,
  sampleDevice,
  sampleEndedSession,
  sampleJob,
} from '../support/samples/api-samples';
import { withSampleBackups } from '../support/samples/backup-samples';
import { SAMPLE_FOUND, withSampleFound } from '../support/samples/found-device-samples';
import {
  SAMPLE_DEPLOYMENTS,
  withSampleDeployments,
  withSampleHalt,
  withSampleNotices,
} from '../support/samples/deployment-samples';
import { SAMPLE_JOBS, withSampleMaintenance } from '../support/samples/maintenance-samples';
import { sampleSettingsTemplate } from '../support/samples/campaign-samples';
import { withSampleTemplates } from '../support/samples/settings-template-samples';
import { TestStage } from '../support/stage/test-stage';

const CATALOGUES = { en, ja };
const WIDE: View = ['wide', 'light'];
const PHONE: View = ['phone', 'dark'];
const ALL: readonly View[] = [WIDE, ['wide', 'dark'], ['phone', 'light'], PHONE];
/** Each size, colour scheme and language once; screenshots are taken of all combinations. */
const ENGLISH: readonly View[] = SHOTS ? ALL : [WIDE, PHONE];
const LANGUAGES: [Language, readonly View[]][] = [
  ['en', SHOTS ? ALL : [WIDE]],
  ['ja', SHOTS ? ALL : [PHONE]],
];

let on: TestStage;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set();
});
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await on?.strike();
});

let page: Page;
let views: View[];

/** Opens the console in the first of these views, as a user who is logged in or as a person who is not. */
async function open(wanted: readonly View[], user?: Person, spoken: Language = 'en'): Promise<void> {
  views = [...wanted];
  const [size, colorScheme] = views[0]!;
  const locale = { en: 'en-GB', ja: 'ja-JP' }[spoken];
  const options = { viewport: SIZES[size], colorScheme, locale };
  if (user) page = await browser.loggedIn(on.stage.serverUrl, user, options);
  else page = await browser.window(options);
}
/** Checks the screen in every view, beginning with the one that is shown; the last one stays. */
async function look(name: string, fullPage = false): Promise<void> {
  for (const view of views) {
    const shot = await picture(page, name, view, fullPage);
    expect({ shot, findings: await findings(page) }).toEqual({ shot, findings: [] });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect({ shot, width }).toEqual({ shot, width: SIZES[view[0]].width });
  }
  views.reverse();
}
const shown = async (heading: string): Promise<void> => {
  await page.getByRole('heading', { name: heading }).first().waitFor();
  await page.getByText('Loading').first().waitFor({ state: 'detached' });
};
/** Loads the console at a screen. */
async function load(path: string, heading: string): Promise<void> {
  await page.goto(`${on.stage.serverUrl}${path}`);
  await shown(heading);
}
/** Moves to another screen as a link does, without loading the console again. */
async function goTo(path: string, heading: string): Promise<void> {
  await page.evaluate(`history.pushState(null, '', '${path}'); dispatchEvent(new PopStateEvent('popstate'));`);
  await shown(heading);
}

it('everyone can use every screen', async () => {
  await open(ENGLISH);
  await page.goto(on.stage.serverUrl);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await look('login');
  await open(ENGLISH, SAMPLE_USERS.technician);
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
  await page.frameLocator('iframe').getByText('Ready to print').waitFor();
  await look('view');
  const list = await page.context().newPage();
  const view = page;
  page = list;
  await load('/sessions', 'Sessions');
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
  await goTo('/security', 'Security');
  await page.getByText('this browser').first().waitFor();
  await look('security');
  await goTo('/notices', 'Notices');
  await page.getByText('No unread notices').waitFor();
  await look('notices-empty');
  await goTo('/devices/no-such-device', 'no-such-device');
  await page.getByText('Unknown device').waitFor();
  await look('problem');
});

it('administrators can use all their screens', async () => {
  await open(ENGLISH, SAMPLE_USERS.admin);
  for (const [path, heading, row] of [
    ['/overview', 'Overview', 'Overview'],
    ['/users', 'Users', 'Tina Technician'],
    ['/agents', 'Agents', 'demo-agent'],
    ['/audit', 'Audit trail', 'Agent enrolled'],
  ] as const) {
    await goTo(path, heading);
    await page.getByText(row).first().waitFor();
    await look(heading.toLowerCase().replace(' ', '-'));
  }
  await goTo('/agents/found', 'Found devices');
  await page.getByText('No new devices are found').waitFor();
  await look('found-none');
  await goTo('/backups', 'Backups');
  await page.getByText('No backups are written').waitFor();
  await look('backups-off');
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
  await page.getByRole('combobox', { name: 'Customer' }).fill('Warehouse Ltd');
  await page.getByRole('combobox', { name: 'Site' }).fill('Yard');
  await page.getByRole('textbox', { name: 'Device IDs' }).fill('warehouse-*');
  await page.getByRole('button', { name: 'Create enrolment code' }).click();
  await page.getByText('shown only once').waitFor();
  await look('enrolment-code');
  await page.keyboard.press('Escape');
  await page.setViewportSize(SIZES.phone);
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('link', { name: 'Audit trail' }).click({ trial: true }); // when it has stopped moving
  views = views.filter(([size]) => size === 'phone');
  await look('menu');
});

it.each(LANGUAGES)('a deployment can be followed on every screen, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
  await withSampleDeployments(page);
  const t = CATALOGUES[spoken];
  const show = (name: string): Promise<void> => look(`${name}-${spoken}`, true);
  await load('/deployment', t.deployment.title);
  await page.getByText('Less memory per session').waitFor();
  await page.getByRole('img', { name: t.deployment.picture(2) }).waitFor();
  await show('deployment');
  await page.getByRole('button', { name: t.relays.editOf('paris-1') }).click();
  await page.getByRole('textbox', { name: t.relays.region }).waitFor();
  await look(`relay-edit-${spoken}`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: t.relays.drainOf('paris-1') }).click();
  await page.getByText(t.relays.drainHint).waitFor();
  await look(`relay-drain-${spoken}`);
  // it can be taken back at any time
  const confirm = page.getByRole('dialog').getByRole('button', { name: t.relays.drain, exact: true });
  expect(await confirm.getAttribute('style')).not.toMatch(/red/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: t.deployment.instruct }).click();
  await page.getByLabel(t.deployment.whens.at).click();
  await page.getByRole('textbox', { name: t.deployment.time }).waitFor();
  await look(`instruct-${spoken}`);
  for (const [name, deployment] of Object.entries(SAMPLE_DEPLOYMENTS)) {
    await goTo(`/deployment/${deployment.id}`, '0.1.0 →');
    await page.locator('.page-head').getByText(t.deployment.states[deployment.state], { exact: true }).waitFor();
    await show(`deployment-${name}`);
  }
});

/** The device `copy-room` has a document box, and its agent has reported these conditions and denials. */
async function withAccess(known: ReportedConditions, denials: DeniedAccess[]): Promise<void> {
  const box = { id: 'box', title: 'Document boxes', protocol: 'box', viewable: false } as const;
  const device = { ...sampleDevice, applications: [...sampleDevice.applications, box], operations: [] };
  const answers = { '': device, '/conditions': known, '/denials?.*': { rows: denials, next: null } };
  for (const [path, json] of Object.entries(answers))
    await page.route(new RegExp(`/api/devices/copy-room${path}$`), (route) => route.fulfill({ json }));
}

it.each(LANGUAGES)('backups are shown, with what a restore takes, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
  const t = CATALOGUES[spoken].backups;
  for (const [state, text] of [
    ['running', t.running],
    ['failed', t.failed],
  ] as const) {
    await page.unroute(/\/api\/backups$/);
    await withSampleBackups(page, state);
    await load('/backups', t.title);
    await page.getByText(text).first().waitFor();
    await page.getByText('platen restore').waitFor();
    await look(`backups-${state}-${spoken}`, true);
  }
});

it.each(LANGUAGES)(
  'devices that agents have found are shown, and how one is taken in, in %s',
  async (spoken, wanted) => {
    await open(wanted, SAMPLE_USERS.admin, spoken);
    const t = CATALOGUES[spoken].found;
    await withSampleFound(page);
    await load('/agents/found', t.title);
    const [mfp] = SAMPLE_FOUND as [(typeof SAMPLE_FOUND)[number]];
    await page.getByText(mfp.identity.serialNumber).waitFor();
    await look(`found-${spoken}`, true);
    await page.getByRole('button', { name: t.takeInOf(`${mfp.model} ${mfp.address}`) }).click();
    await page.getByRole('textbox', { name: t.deviceId }).waitFor();
    expect(await page.getByRole('textbox', { name: t.deviceId }).inputValue()).toBe(
      'platen-demo-mfp-3050ci-xk4-0092817',
    );
    await look(`found-take-in-${spoken}`);
  },
);

it.each(LANGUAGES)('settings templates are shown with the devices that differ, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
  const t = CATALOGUES[spoken].templates;
  await withSampleTemplates(page, true);
  await load('/settings-templates', t.title);
  await page.getByText(t.emptyAdminHint).waitFor();
  await look(`templates-empty-${spoken}`);
  await withSampleTemplates(page);
  await load('/settings-templates', t.title);
  const { id, name } = sampleSettingsTemplate;
  await page.getByText(name).waitFor();
  await look(`templates-${spoken}`);
  await goTo(`/settings-templates/${id}`, name);
  await page.getByText('hall-3').waitFor();
  await look(`template-${spoken}`, true);
  await goTo(`/settings-templates/${id}/edit`, t.editor.editTitle);
  await page.getByRole('textbox', { name: CATALOGUES[spoken].settings.names.contact }).waitFor();
  await look(`template-edit-${spoken}`, true);
});

it.each(LANGUAGES)('access conditions are shown with what was denied, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.technician, spoken);
  const { access: t } = CATALOGUES[spoken];
  const reportedAt = new Date(Date.now() - 120_000).toISOString();
  const own: AccessCondition = {
    ...sampleConditions[0]!,
    id: randomUUID(),
    who: { kind: 'user', id: SAMPLE_USERS.technician.username, name: 'Tom' },
    access: { kind: 'box', box: null, operations: ['list', 'get', 'put'] },
  };
  await withAccess({ conditions: [own, ...sampleConditions], reportedAt }, [sampleDenial]);
  await load('/devices/copy-room', 'Copy room');
  await page.getByRole('table', { name: t.title }).getByText('Invoice archive').waitFor();
  await page.getByRole('table', { name: t.denials }).getByText('delete invoices/may.pdf').waitFor();
  await page.getByText('platen connect copy-room box').waitFor();
  await page.getByText(t.boxPermitted(`${t.everyBox}: ${t.operations.list}`)).waitFor();
  const opening = CATALOGUES[spoken].device.openNamed('Document boxes');
  expect(await page.getByRole('button', { name: opening }).count()).toBe(0);
  await look(`access-${spoken}`, true);
  await withAccess({ conditions: [], reportedAt }, []);
  await load('/devices/copy-room', 'Copy room');
  await page.getByText(t.emptyHint).waitFor();
  await page.getByText(t.boxClosed).waitFor();
  await look(`access-empty-${spoken}`, true);
  await withAccess({ conditions: [], reportedAt: null }, []);
  await load('/devices/copy-room', 'Copy room');
  await page.getByText(t.notReportedHint).waitFor();
});

/** External clients in each state, and what the first one did last. */
async function withClients(): Promise<void> {
  const client = {
    kind: 'client',
    id: sampleClient.id,
    username: '(client) Invoice archive',
    displayName: 'Invoice archive',
  } as const;
  const at = (minutesAgo: number): string => new Date(Date.now() - minutesAgo * 60_000).toISOString();
  const used = { ...sampleClient, lastUsedAt: at(3), expiresAt: at(-500_000) };
  const other = (digit: string, change: Partial<ExternalClient>): ExternalClient => ({
    ...used,
    id: sampleClient.id.replace('8', digit),
    limits: { sites: null, devices: null, applications: null, operations: null },
    ...change,
  });
  const clients = [
    used,
    other('1', {
      name: 'Fleet report',
      scopes: ['devices:read', 'information:read'],
      lastUsedAt: null,
      expiresAt: null,
    }),
    other('2', { name: 'Night scan', scopes: ['jobs:write'], active: false }),
    other('3', { name: 'Old archive', expiresAt: at(60 * 24) }),
    other('4', { name: 'Ticket system', revokedAt: at(60 * 24), previousSecretUntil: null }),
  ];
  const sessions = [{ ...sampleEndedSession, user: client, applicationId: 'box', reason: 'Fetch the invoices of May' }];
  const jobs = [{ ...sampleJob, user: client }];
  const entry = { at: at(3), actor: client.username, detail: '' };
  const target = `Invoice archive (${sampleClient.id})`;
  const audit = [
    { ...entry, id: 3, action: 'session.requested', target: sampleEndedSession.id },
    { ...entry, id: 2, action: 'client.token-issued', target, detail: 'devices:read sessions:write' },
    { ...entry, id: 1, actor: 'admin', action: 'client.created', target },
  ];
  const list = (rows: unknown[]) => ({ rows, next: null });
  const customers = [
    {
      id: randomUUID(),
      name: 'Acme',
      sites: [{ id: sampleClient.limits.sites![0], name: 'Head office' }],
      userIds: [],
    },
  ];
  const answers = {
    clients,
    customers,
    'devices\\?.*': list([sampleDevice]),
    'sessions\\?.*': list(sessions),
    'jobs\\?.*': list(jobs),
    'audit\\?.*': list(audit),
  };
  for (const [path, json] of Object.entries(answers))
    await page.route(new RegExp(`/api/${path}$`), (route) =>
      route.request().method() === 'GET'
        ? route.fulfill({ json })
        : route.fulfill({ status: 201, json: { ...used, secret: `plc_${'s'.repeat(43)}` } }),
    );
}

it.each(LANGUAGES)('external clients are created and managed, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
  const t = CATALOGUES[spoken];
  const show = (name: string): Promise<void> => look(`${name}-${spoken}`, true);
  await load('/clients', t.clients.title);
  await page.getByText(t.clients.emptyTitle).waitFor();
  await show('clients-empty');
  await withClients();
  await load('/clients', t.clients.title);
  const table = page.getByRole('table', { name: t.clients.title });
  for (const state of ['active', 'deactivated', 'expired'] as const)
    await table.getByText(t.clients.states[state], { exact: true }).first().waitFor();
  await show('clients');
  await page.getByRole('button', { name: t.clients.create }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(t.clients.name).fill('Invoice archive');
  await dialog.getByLabel(t.clients.scope['sessions:write'].name).check();
  await dialog.getByRole('radiogroup', { name: t.clients.limit.applications }).getByLabel(t.clients.only).check();
  await dialog.getByRole('button', { name: t.clients.submit }).click();
  await dialog.getByText(t.clients.choose).waitFor();
  await show('client-new');
  await dialog.getByRole('radiogroup', { name: t.clients.limit.applications }).getByLabel(t.clients.everyOne).check();
  await dialog.getByRole('button', { name: t.clients.submit }).click();
  await dialog.getByText(t.clients.secretOnce).waitFor();
  await show('client-secret');
  await dialog.getByRole('button', { name: t.clients.done }).click();
  await shown('Invoice archive');
  await page.getByRole('table', { name: t.clients.audit }).waitFor();
  await show('client');
  await page.getByRole('button', { name: t.clients.rotate }).click();
  await dialog.getByLabel(t.clients.overlap).waitFor();
  await look(`client-rotate-${spoken}`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: t.clients.revoke, exact: true }).click();
  await dialog.getByText(t.clients.ends('1', '1')).waitFor();
  await look(`client-revoke-${spoken}`);
  for (const path of ['/sessions', '/jobs', '/audit']) {
    await load(
      `${path}?client=${sampleClient.id}`,
      { '/sessions': t.sessions, '/jobs': t.maintenance, '/audit': t.audit }[path]!.title,
    );
    await page.getByText(t.clients.onlyOf).waitFor();
    await page.getByRole('table').getByText(t.clients.one).first().waitFor();
    await show(`client-of${path.replace('/', '-')}`);
  }
});

it.each(LANGUAGES)('maintenance can be asked for and followed on every screen, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
  await withSampleMaintenance(page);
  const t = CATALOGUES[spoken];
  const show = (name: string): Promise<void> => look(`${name}-${spoken}`, true);
  await load('/devices', t.devices.title);
  await page
    .getByText(t.information.alertNames['media-jam'] ?? '')
    .first()
    .waitFor();
  await show('condition');
  await page.getByRole('button', { name: t.fleet.further }).click();
  await page.getByRole('combobox', { name: t.fleet.silent }).waitFor();
  await page.getByLabel(t.fleet.selectShown).check();
  await show('device-filters');
  await page.getByRole('button', { name: t.fleet.startJob }).click();
  await page.getByRole('combobox', { name: t.maintenance.operation }).waitFor();
  await look(`fleet-jobs-${spoken}`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: t.fleet.chooseColumns }).click();
  await page.getByRole('checkbox', { name: t.fleet.columns.assetTag }).waitFor();
  await look(`fleet-columns-${spoken}`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: t.fleet.views }).click();
  await page.getByText(t.fleet.noViews).waitFor();
  await look(`fleet-views-${spoken}`);
  await load('/devices?by=customer', t.devices.title);
  await page.getByRole('table', { name: t.fleet.groupings.customer }).waitFor();
  await show('device-groups');
  await goTo('/devices/copy-room', 'Copy room');
  await page.getByText('Ask for the key').waitFor();
  await page.getByRole('img', { name: t.maintenance.impressions(4) }).waitFor();
  await page.getByRole('meter').first().waitFor();
  await page.getByText(t.information.someLeft, { exact: true }).waitFor();
  await page.getByTitle(t.information.sourceHints.vendor).first().waitFor();
  await page.getByText(t.information.details.title).click();
  await page.getByText('PRN-HALL').waitFor();
  await show('maintenance');
  const install = t.maintenance.operations['firmware-install'].name;
  await page.getByRole('button', { name: t.maintenance.runNamed(install) }).click();
  await page.getByLabel(t.maintenance.install.understood).waitFor();
  await look(`install-${spoken}`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: t.settings.change, exact: true }).click();
  await page.getByRole('textbox', { name: t.settings.names.location }).waitFor();
  await look(`settings-change-${spoken}`);
  await page.keyboard.press('Escape');
  await goTo('/devices/reception', 'Reception');
  await page.getByText(t.maintenance.noOperations).waitFor();
  await goTo('/jobs', t.maintenance.title);
  await page.getByText(t.maintenance.states.held).waitFor();
  await show('jobs');
  for (const name of ['held', 'failed', 'succeeded'] as const) {
    await goTo(`/jobs/${SAMPLE_JOBS[name].id}`, 'Copy room');
    await page.locator('.page-head').getByText(t.maintenance.states[name], { exact: true }).waitFor();
    await show(`job-${name}`);
  }
  await goTo(`/jobs/${SAMPLE_JOBS.settings.id}`, 'Copy room');
  await page.getByText(t.settings.outcomes.differs).waitFor();
  await show('job-settings');
  await goTo('/firmware', t.firmware.title);
  await page.getByText(t.firmware.anyModel).waitFor();
  await show('firmware');
  await page.getByRole('button', { name: t.firmware.upload }).click();
  await page.getByText(t.firmware.hint).waitFor();
  await look(`firmware-upload-${spoken}`);
});

it.each(LANGUAGES)('the connections of an agent are checked on request, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
  const t = CATALOGUES[spoken];
  await goTo('/agents', t.agents.title);
  await page.getByRole('button', { name: t.agents.checkTitle('demo-agent') }).click();
  const dialog = page.getByRole('dialog');
  const start = dialog.getByRole('button', { name: t.agents.check, exact: true });
  let isStarted = false;
  const isEnded = async (each: Response): Promise<boolean> => {
    if (!each.url().endsWith('/check')) return false;
    isStarted ||= each.request().method() === 'POST';
    return isStarted && lastAgentCheck.parse(await each.json()).check?.endedAt != null;
  };
  await Promise.all([page.waitForResponse(isEnded), start.click()]);
  await dialog.getByText(t.agents.checkEnded('').trim()).waitFor();
  const lines = await dialog.getByRole('listitem').allTextContents();
  expect(lines.some((line) => line.includes('demo-mfp IPP') && line.startsWith(t.agents.works))).toBe(true);
  const devices = lines.filter((line) => line.includes('demo-mfp'));
  expect(devices.filter((line) => line.includes('127.0.0.1'))).toEqual([]);
  await look(`agent-check-${spoken}`);
});

it.each(LANGUAGES)('notices are shown until they are read, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
  await withSampleNotices(page);
  const t = CATALOGUES[spoken];
  await load('/devices', t.devices.title);
  await page.getByText(t.notices.halted('Reception MFP')).first().waitFor();
  await look(`new-notices-${spoken}`);
  await goTo('/notices', t.notices.title);
  await page.getByText(t.notices.mails['given-up']).waitFor();
  await look(`notices-${spoken}`, true);
});

it.each(LANGUAGES)('a halt and a wait during a deployment are explained, in %s', async (spoken, wanted) => {
  await open(wanted, SAMPLE_USERS.admin, spoken);
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
  await load('/devices/demo-mfp', 'Demo MFP');
  await page.getByRole('button', { name: t.device.openNamed('Web pages') }).click();
  await page.getByRole('textbox', { name: t.open.reason }).fill('Paper jams in tray 2');
  await page.getByRole('button', { name: t.open.ask }).click();
  await page.getByText(t.open.busyHint).waitFor();
  await look(`waiting-${spoken}`);
});
