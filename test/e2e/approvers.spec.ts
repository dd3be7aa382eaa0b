import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { ApproverAdministration } from '../../src/protocol/approver-page';
import { LIMITS } from '../../src/protocol/limits';
import { PanelStage } from '../support/agent/panel-stage';
import { findings as serious } from '../support/browser/axe';
import { startChromium } from '../support/browser/chromium';
import { makeCertificate } from '../support/test-certificate';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, ignoreHTTPSErrors: true };
const PIN = '739105';
const NEW_PIN = '840216';

let browser: Browser;
let on: PanelStage | undefined;
let contexts: BrowserContext[];
let faults: string[];

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());
beforeEach(() => {
  [contexts, faults] = [[], []];
});
afterEach(async () => {
  for (const context of contexts) await context.close();
  await on?.strike();
  on = undefined;
  jest.restoreAllMocks();
  expect(faults).toEqual([]);
});

async function open(url: string, options: object = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(url);
  return page;
}
const button = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) });
const lanUrl = async (): Promise<string> =>
  ((await (await fetch(`${on!.url}/approvers`)).json()) as ApproverAdministration).lan!.url;

/** What a person with a phone looks at: it fits its width, and axe finds nothing. PLATEN_TEST_PICTURES keeps it. */
async function look(page: Page, name: string, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(await serious(page)).toEqual([]);
  const folder = process.env.PLATEN_TEST_PICTURES;
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

async function enterPairing(page: Page, code: string, name: string, pin = PIN): Promise<void> {
  await page.getByLabel('Pairing code').fill(code);
  await page.getByLabel('Your name').fill(name);
  await page.locator('#entry input[name=pin]').fill(pin);
  await page.locator('#entry input[name=again]').fill(pin);
  await button(page, 'Pair this phone').click();
}

describe('approval on a phone', () => {
  it('pairs at the box; YES, View only and NO on the phone; ends with the approver', async () => {
    on = await PanelStage.set({ host: '127.0.0.1', port: 0 });
    const box = await open(`${on.url}/approvers.html`);
    box.on('dialog', (dialog) => void dialog.accept());
    await box.getByText('No approvers yet').waitFor();
    await box.getByLabel('Printer upstairs').uncheck();
    await button(box, 'Show a pairing code').click();
    const code = await box.locator('.code').innerText();
    expect(await box.locator('.sticker').count()).toBe(2);
    expect(await box.locator('.sticker').first().innerText()).toMatch(
      /Scan to allow remote maintenance of MFP in the hall[^]*https:\/\/127\.0\.0\.1:\d+\/devices\/mfp-1[^]*SHA-256 ([0-9A-F]{2}:){31}/,
    );
    expect(await serious(box)).toEqual([]);

    const phone = await open(`${await lanUrl()}/devices/mfp-1`, PHONE);
    await phone.getByRole('heading', { name: 'Pair this phone' }).waitFor();
    expect(await serious(phone)).toEqual([]);
    await enterPairing(phone, code, 'Anna', '123456');
    await phone.getByText('easy to guess').waitFor();
    await enterPairing(phone, code, 'Anna');
    await phone.getByText('No one has access').waitFor();

    const id = await on.ask({ applicationId: 'screen' });
    await phone.getByRole('alertdialog', { name: 'May Tina Technician use this device remotely?' }).waitFor();
    expect(await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await serious(phone)).toEqual([]);
    await button(phone, 'YES').click();
    await on.answered('approved operate');
    await on.connect(id, 'screen');
    await phone.locator('.banner', { hasText: 'has control' }).waitFor();
    await button(phone, 'End now').click();
    await phone.locator('tbody tr', { hasText: 'Ended here' }).waitFor();

    await on.ask({ applicationId: 'screen', deviceId: 'mfp-2' });
    const second = await on.ask({ applicationId: 'screen' });
    await button(phone, 'View only').click();
    await on.answered('approved view');
    await on.connect(second, 'screen');
    await phone.locator('.banner.viewing').waitFor();
    expect(await phone.getByText('Printer upstairs').count()).toBe(0);
    await button(phone, 'End now').click();
    await on.ask();
    await button(phone, 'NO').click();
    await on.answered('declined');

    await box.reload();
    await box.getByText('Anna').waitFor();
    await button(box, 'Remove').click();
    await phone.getByRole('heading', { name: 'Pair this phone' }).waitFor();
    expect(await phone.locator('#screen').isVisible()).toBe(false);
  });

  it('asks for the PIN again before a YES, not before a NO; logs out, and gets a new PIN at the box', async () => {
    on = await PanelStage.set({ host: '127.0.0.1', port: 0 });
    const box = await open(`${on.url}/approvers.html`);
    box.on('dialog', (dialog) => void dialog.accept());
    await button(box, 'Show a pairing code').click();
    const phone = await open(await lanUrl(), PHONE);
    await enterPairing(phone, await box.locator('.code').innerText(), 'Anna');
    await phone.getByText('No one has access').waitFor();
    // five minutes later
    const real = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => real() + LIMITS.APPROVER_PROOF_MS);
    await on.ask();
    await button(phone, 'YES').click();
    const dialog = phone.getByRole('dialog');
    await dialog.getByLabel('PIN').fill(NEW_PIN);
    await button(phone, 'Allow').click();
    await dialog.getByText('Wrong PIN.').waitFor();
    expect(on.answers).toEqual([]);
    await button(phone, 'Back').click();
    await button(phone, 'YES').click();
    await dialog.getByLabel('PIN').fill(PIN);
    await button(phone, 'Allow').click();
    await on.answered('approved operate');

    await phone.getByText('Logged in as Anna').click();
    await button(phone, 'Log out').click();
    await phone.getByRole('heading', { name: 'Hello Anna' }).waitFor();
    await phone.locator('#entry input[name=pin]').fill(PIN);
    await button(phone, 'Log in').click();
    await phone.getByText('Logged in as Anna').waitFor();

    await box.reload();
    await button(box, 'New PIN').click();
    await box.locator('.code').waitFor();
    await phone.getByRole('heading', { name: 'Pair this phone' }).waitFor();
    await enterPairing(phone, await box.locator('.code').innerText(), '', NEW_PIN);
    await phone.getByText('Logged in as Anna').waitFor();
    await button(phone, '日本語').click();
    await phone.getByText('Anna さんとしてログイン中').waitFor();
  });

  it.each([
    ['en-GB', 'light'],
    ['ja-JP', 'dark'],
  ] as const)(
    'shows access conditions, and sets one where the box permits it, in %s (%s)',
    async (locale, colorScheme) => {
      const ja = locale === 'ja-JP';
      on = await PanelStage.set({ host: '127.0.0.1', port: 0 });
      const box = await open(`${on.url}/approvers.html`);
      await box.getByLabel('Printer upstairs').uncheck();
      await box.getByLabel('set access conditions').check();
      await button(box, 'Show a pairing code').click();
      const anna = await box.locator('.code').innerText();
      await box.getByText(anna).waitFor();
      await box.getByLabel('Printer upstairs').uncheck();
      await button(box, 'Show a pairing code').click();
      await box.locator('.code', { hasNotText: anna }).waitFor();
      const ben = await box.locator('.code').innerText();
      await on.permit('mfp-2');

      const phone = await open(await lanUrl(), PHONE);
      await enterPairing(phone, anna, 'Anna');
      if (ja) await button(phone, '日本語').click();
      await button(phone, ja ? 'アクセス条件' : 'Access conditions').click();
      await phone.getByText(ja ? '条件はありません' : 'There are no conditions. Set one below').waitFor();
      await look(phone, `conditions-none-${colorScheme}`, colorScheme);
      // five minutes later
      const real = performance.now.bind(performance);
      jest.spyOn(performance, 'now').mockImplementation(() => real() + LIMITS.APPROVER_PROOF_MS);
      await phone.locator('#access select[name=kind]').selectOption('user');
      await phone.locator('#access input[name=user-id]').fill('tina');
      await phone.locator('#access input[name=name]').fill('Tina Technician');
      await phone.locator('#access input[name=application][value=web]').check();
      await button(phone, ja ? '条件を設定する' : 'Set condition').click();
      const dialog = phone.getByRole('dialog');
      await dialog.getByLabel('PIN').fill(PIN);
      await button(phone, ja ? '許可する' : 'Allow').click();
      const condition = phone.locator('#conditions li', { hasText: 'Tina Technician' });
      await condition.filter({ hasText: 'Anna' }).waitFor();
      expect(await phone.locator('#conditions li').count()).toBe(1);
      await look(phone, `conditions-${colorScheme}`, colorScheme);

      const other = await open(await lanUrl(), PHONE);
      await enterPairing(other, ben, 'Ben');
      await button(other, 'Access conditions').click();
      const theirs = other.locator('#conditions li', { hasText: 'Anna' });
      await theirs.waitFor();
      expect(await other.locator('#condition-form form').count()).toBe(0);
      await look(other, `conditions-other-${colorScheme}`, colorScheme);
      await theirs.getByRole('button', { name: 'Revoke' }).click();
      await theirs.getByRole('button', { name: 'Revoke now' }).click();
      await condition.waitFor({ state: 'detached' });
      await other.getByText('There are no conditions. They are set on').waitFor();

      await on.ask();
      await phone.getByRole('alertdialog').waitFor();
      expect(await phone.locator('#access').isVisible()).toBe(false);
    },
  );

  it('logs in with a passkey where the box has a name and a certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'platen-passkey-'));
    const { key, cert } = await makeCertificate();
    writeFileSync(join(folder, 'key.pem'), key);
    writeFileSync(join(folder, 'cert.pem'), cert);
    const files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    on = await PanelStage.set({ host: '127.0.0.1', port: 0, name: 'localhost', ...files });
    rmSync(folder, { recursive: true });
    const box = await open(`${on.url}/approvers.html`);
    await button(box, 'Show a pairing code').click();
    const phone = await open(await lanUrl(), PHONE);
    const debug = await phone.context().newCDPSession(phone);
    await debug.send('WebAuthn.enable');
    const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true } as const;
    await debug.send('WebAuthn.addVirtualAuthenticator', {
      options: { ...options, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    await enterPairing(phone, await box.locator('.code').innerText(), 'Anna');
    await phone.getByText('Logged in as Anna').click();
    await button(phone, 'Add a passkey').click();
    await phone.getByText('Passkeys: 1').waitFor();
    await phone.context().clearCookies();
    await phone.reload();
    await button(phone, 'Use a passkey').click();
    await phone.getByText('Logged in as Anna').waitFor();
    await on.ask();
    await button(phone, 'YES').click();
    await on.answered('approved operate');
    expect(on.answeredBy).toEqual([{ where: 'approver', name: 'Anna', proof: 'passkey' }]);
  });
});
