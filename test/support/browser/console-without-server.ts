import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Page, Route, WebSocketRoute } from 'playwright-core';
import type { User } from '../../../src/protocol/api';
import type { LiveEvent } from '../../../src/protocol/live';
import { PROBLEMS } from '../../../src/protocol/problems';
import { problemAnswer } from '../terminal/fake-api';
import { until } from '../until';

export const BUILT = join(__dirname, '../../../dist/console');
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' };
export const CONSOLE_URL = 'http://console.test';

/** The built console in a browser without a server: the test says what the API answers and what happens. */
export class ConsoleWithoutServer {
  private live: WebSocketRoute | undefined;

  private constructor(readonly page: Page) {}

  /** Routes that the test adds later come before these. @param origin with https: for what browsers permit with TLS only */
  static async open(page: Page, me: User, origin = CONSOLE_URL): Promise<ConsoleWithoutServer> {
    const it = new ConsoleWithoutServer(page);
    await page.route(`${origin}/**`, sendFile);
    await page.route(`${origin}/api/**`, (route) => refuse(route, 'not-found'));
    await page.route(/\/api\/(sessions|notices|alerts)\?/, (route) =>
      route.fulfill({ json: { rows: [], next: null } }),
    );
    await page.route(/\/api\/auth\/me$/, (route) => route.fulfill({ json: me }));
    await page.routeWebSocket(/\/api\/live$/, (socket) => void (it.live = socket));
    return it;
  }

  /** Sends a live event, as soon as the console has opened its connection for them. */
  async happens(event: LiveEvent): Promise<void> {
    const live = await until('the console to listen for live events', () => this.live);
    live.send(JSON.stringify(event));
  }
}

export const refuse = (route: Route, code: keyof typeof PROBLEMS): Promise<void> => {
  const { status, body } = problemAnswer(code);
  return route.fulfill({ status, json: body });
};

function sendFile(route: Route): Promise<void> {
  const asked = join(BUILT, new URL(route.request().url()).pathname);
  const file = extname(asked) && existsSync(asked) ? asked : join(BUILT, 'index.html');
  return route.fulfill({ body: readFileSync(file), contentType: TYPES[extname(file)] });
}
