import type { Job } from '../../src/protocol/maintenance';
import { SAMPLE_JOBS } from '../support/samples/maintenance-samples';
import type { Page } from 'playwright-core';
import type { SessionWithSteps } from '../../src/protocol/api';
import type { ApprovalRecord } from '../../src/protocol/approval-record';
import { anotherKey, signedRecordOf } from '../support/agent/signed-record';
import { findings } from '../support/browser/axe';
import { ConsoleBrowser } from '../support/browser/console-browser';
import { CONSOLE_URL, ConsoleWithoutServer } from '../support/browser/console-without-server';
import { sampleDevice, sampleEndedSession, sampleSession, sampleUser } from '../support/samples/api-samples';
import vectors from '../vectors/approval-record.json';

const SECURE_URL = 'https://console.test';
const { id, user, deviceId, applicationId, reason, minutes } = sampleEndedSession;

let browser: ConsoleBrowser;
beforeAll(async () => (browser = await ConsoleBrowser.launch()));
afterEach(() => browser?.clear());
afterAll(() => browser?.close());

const record = (change: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  version: 1,
  agentId: 'building-a',
  remoteSessionId: id,
  deviceId,
  applicationId,
  asker: { kind: 'user', id: user.username, name: user.displayName },
  reason,
  minutes,
  decision: 'approved',
  grant: 'operate',
  answeredBy: { where: 'approver', name: 'Aiko', proof: 'pin' },
  answeredAt: '2026-03-02T09:00:00.000Z',
  ...change,
});
const shown = (of = record(), by?: typeof anotherKey): SessionWithSteps['approvalRecord'] => ({
  ...signedRecordOf(of, by),
  key: vectors.signingKey,
  keyFingerprint: vectors.fingerprint,
});

async function open(
  approvalRecord: SessionWithSteps['approvalRecord'],
  { origin = SECURE_URL, locale = 'en-GB', session = {} } = {},
): Promise<Page> {
  const page = await browser.window({ locale });
  await ConsoleWithoutServer.open(page, sampleUser, origin);
  const body: SessionWithSteps = { ...sampleEndedSession, ...session, steps: [], relay: null, approvalRecord };
  await page.route(new RegExp(`/api/sessions/${id}$`), (route) => route.fulfill({ json: body }));
  await page.goto(`${origin}/sessions/${id}`);
  return page;
}
const panel = (page: Page, name = 'Approval record') => page.getByRole('region', { name });

describe("a session's page", () => {
  it('shows who answered, where and when, and verifies it', async () => {
    const page = await open(shown());
    await panel(page).getByText('Verified in this browser').waitFor();
    const text = await panel(page).innerText();
    for (const part of ['Approver Aiko, with a PIN', 'Full control', 'building-a', vectors.fingerprint])
      expect(text).toContain(part);
    expect(text).toContain(`platen session verify ${id}`);
    expect(await findings(page)).toEqual([]);
    const pictures = process.env.PLATEN_TEST_PICTURES;
    if (pictures) await page.screenshot({ path: `${pictures}/record.png`, fullPage: true });
  });

  it.each([
    ['that another key has signed', shown(record(), anotherKey)],
    ['whose text was changed', { ...shown()!, text: shown(record({ minutes: 61 }))!.text }],
    ['of another session', shown(record({ remoteSessionId: user.id }))],
    ['that is no record', { ...shown()!, text: 'hello' }],
  ])('says that a record %s is wrong', async (_case, forged) => {
    const page = await open(forged);
    await panel(page).getByText('Wrong', { exact: true }).waitFor();
    expect(await panel(page).innerText()).toContain('Do not rely on it.');
  });

  it('says that it cannot be verified without TLS, and gives the command', async () => {
    const page = await open(shown(), { origin: CONSOLE_URL });
    await panel(page).getByText('Not verified').waitFor();
    expect(await panel(page).innerText()).toContain(`platen session verify ${id}`);
  });

  it('says why an answered session has no record, and nothing before the answer', async () => {
    const page = await open(null);
    await panel(page).getByText('No approval record').waitFor();
    const session = { state: 'requested', ending: null, approvedAt: null } as const;
    const before = await open(null, { session });
    await before.getByRole('heading', { name: 'Timeline' }).waitFor();
    expect(await panel(before).count()).toBe(0);
  });

  it('is in Japanese, too', async () => {
    const page = await open(shown(), { locale: 'ja-JP' });
    await panel(page, '承認記録').getByText('このブラウザーで検証済み').waitFor();
    expect(await panel(page, '承認記録').innerText()).toContain('承認者「Aiko」');
    const pictures = process.env.PLATEN_TEST_PICTURES;
    if (pictures) await page.screenshot({ path: `${pictures}/record-ja.png`, fullPage: true });
  });
});

describe("a job's page", () => {
  const { failed, succeeded } = SAMPLE_JOBS;
  it.each<[what: string, job: Job, says: string]>([
    ['and verifies it', failed, 'Verified in this browser'],
    ['and that it is about another job', { ...succeeded, approvalRecord: failed.approvalRecord }, 'Wrong'],
  ])('shows who answered, %s', async (_what, job, says) => {
    const page = await browser.window({ locale: 'en-GB' });
    await ConsoleWithoutServer.open(page, sampleUser, SECURE_URL);
    await page.route(new RegExp(`/api/jobs/${job.id}$`), (route) => route.fulfill({ json: job }));
    await page.goto(`${SECURE_URL}/jobs/${job.id}`);
    await panel(page).getByText(says, { exact: true }).waitFor();
    await panel(page).getByText('Approver Aiko Sato, with a PIN').waitFor();
  });
});

it('a request says that the agent of its device is not connected, and that it is again', async () => {
  const page = await browser.window({ locale: 'en-GB' });
  const alone = await ConsoleWithoutServer.open(page, sampleUser);
  const body: SessionWithSteps = { ...sampleSession, steps: [], relay: null, approvalRecord: null };
  await page.route(new RegExp(`/api/sessions/${sampleSession.id}$`), (route) => route.fulfill({ json: body }));
  let device = sampleDevice;
  await page.route(new RegExp(`/api/devices/${sampleDevice.id}$`), (route) => route.fulfill({ json: device }));
  await page.goto(`${CONSOLE_URL}/sessions/${sampleSession.id}/view`);
  const asks = page.getByText('must press YES');
  const isLost = page.getByText(`The agent of ${sampleDevice.name} is not connected.`);
  await asks.waitFor();
  for (const online of [false, true]) {
    device = { ...sampleDevice, online };
    await alone.happens({
      type: 'device',
      id: device.id,
      online,
      asleep: false,
      lastSeenAt: sampleSession.requestedAt,
    });
    await (online ? asks : isLost).waitFor();
  }
});
