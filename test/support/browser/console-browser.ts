import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { startChromium } from './chromium';

export interface Person {
  readonly username: string;
  readonly password: string;
}

/** A real browser in front of the console. */
export class ConsoleBrowser {
  private readonly logins = new Map<string, Awaited<ReturnType<BrowserContext['storageState']>>>();
  private readonly contexts: BrowserContext[] = [];
  /** What pages have complained about on their consoles, refusals of their Content-Security-Policy among it. */
  readonly complaints: string[] = [];

  private constructor(private readonly browser: Browser) {}

  static async launch(...where: Parameters<typeof startChromium>): Promise<ConsoleBrowser> {
    return new ConsoleBrowser(await startChromium(...where));
  }

  /** A window of somebody new: no cookies, nothing stored. */
  async window(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(90_000);
    this.contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // a browser notes every answer of 400 and above as an error; those are asked for in the tests. A page whose session
      // has ended connects again until its frame is gone.
      const refusal = /^Failed to load resource|^WebSocket connection to .* response code: 410$/.test(message.text());
      if (message.type() === 'error' && !refusal) this.complaints.push(message.text());
    });
    return page;
  }

  /** A window of somebody who has logged in; by the login screen once, then by the cookie from there. */
  async loggedIn(url: string, who: Person, options: BrowserContextOptions = {}): Promise<Page> {
    const known = this.logins.get(who.username);
    const page = await this.window({ ...options, storageState: known });
    if (known) await page.goto(`${url}/devices`);
    else {
      await logIn(page, url, who);
      this.logins.set(who.username, await page.context().storageState());
    }
    return page;
  }

  /** Closes all windows. */
  async clear(): Promise<void> {
    for (const context of this.contexts.splice(0)) await context.close();
  }
  async close(): Promise<void> {
    await this.clear();
    await this.browser.close();
  }
}

export async function logIn(page: Page, url: string, who: Person): Promise<void> {
  await page.goto(`${url}/devices`);
  await page.getByLabel('User ID').fill(who.username);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByLabel('Password', { exact: true }).waitFor({ state: 'detached' });
}

/** Asks for access to a device's pages, up to the progress that follows. @returns the session's ID */
export async function askForAccess(page: Page, reason: string, device = 'Demo MFP'): Promise<string> {
  await page.getByRole('link', { name: device }).click();
  await page.getByRole('button', { name: 'Open Web pages' }).click();
  await page.getByLabel('Reason').fill(reason);
  await page.getByRole('button', { name: 'Request access' }).click();
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}\/view$/);
  return page.url().split('/').at(-2)!;
}
