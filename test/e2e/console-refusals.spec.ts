import { SAMPLE_USERS } from '../../src/demo/stage';
import { findings } from '../support/browser/axe';
import { askForAccess, ConsoleBrowser } from '../support/browser/console-browser';
import { TestStage } from '../support/stage/test-stage';

/** A server that asks at the device long enough for the screens of a busy machine, and has no domain for devices' pages. */
const env = {
  ...{ PLATEN_APPROVAL_SECONDS: '20', PLATEN_PUBLIC_URL: 'https://platen.example' },
  PLATEN_COMPANY_NAME: 'Acme Copiers',
};

let on: TestStage;
let browser: ConsoleBrowser;
beforeAll(async () => {
  browser = await ConsoleBrowser.launch();
  on = await TestStage.set({ env });
});
afterEach(() => browser?.clear());
afterAll(async () => {
  await browser?.close();
  await on?.strike();
});

describe('the console', () => {
  it('counts down until the request expires, and shows that, as the device does', async () => {
    const panel = await browser.window();
    await panel.goto(on.stage.panelUrl);
    const page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.technician);
    // looked for from the beginning, because it is over soon
    const [id] = await Promise.all([
      askForAccess(page, 'Nurse station'),
      panel.getByText('Nurse station').first().waitFor(),
      page.getByText(/^0:[01]\d left to answer$/).waitFor(),
    ]);
    await panel.getByText('Acme Copiers').waitFor();
    await page.getByRole('heading', { name: 'The session was not started' }).waitFor();
    await page.getByText('There was no answer in time, or the permitted time was up.').waitFor();
    await panel.getByRole('button', { name: /^YES\b/ }).waitFor({ state: 'detached' });
    expect(await on.ended(id)).toMatchObject({ ending: 'expired', approvedAt: null, validUntil: null });
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Request again' }).waitFor();
  });

  it('gives the line for the command line where the browser cannot show the pages', async () => {
    const page = await browser.loggedIn(on.stage.serverUrl, SAMPLE_USERS.technician);
    const id = await askForAccess(page, "The customer's counters");
    await on.step('S143', id);
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    const line = page.getByRole('textbox', { name: 'Use the command line' });
    await line.waitFor();
    expect(await line.innerText()).toBe(`platen connect demo-mfp web --reason 'The customer'\\''s counters'`);
    await page.getByRole('button', { name: 'Cancel request' }).click();
    await page.getByText('The request was cancelled.').waitFor();
  });
});
