import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { findings } from './axe';

/** Folder for pictures of screens; none are taken unless it is set. */
export const SHOTS = process.env.PLATEN_SHOTS;
if (SHOTS) mkdirSync(SHOTS, { recursive: true });

export const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
export type View = readonly [size: keyof typeof SIZES, colorScheme: 'light' | 'dark'];
const VIEWS: readonly View[] = [
  ['wide', 'light'],
  ['wide', 'dark'],
  ['phone', 'light'],
  ['phone', 'dark'],
];

/** Resolves when the page has followed a change of the view: fonts, two frames, colours. */
const SETTLED = `document.fonts.ready
  .then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  .then(() => document.getAnimations().filter((each) => each instanceof CSSTransition))
  .then((transitions) => Promise.allSettled(transitions.map(({ finished }) => finished)))
  .then(() => undefined)`;

/** Shows a page in a view, and takes a picture of it if wanted. @returns the name of the picture */
export async function picture(page: Page, name: string, [size, colorScheme]: View, fullPage: boolean): Promise<string> {
  await page.setViewportSize(SIZES[size]);
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
  await page.evaluate(SETTLED);
  const shot = `${name}-${size}-${colorScheme}`;
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${shot}.png`), fullPage });
  return shot;
}

/** Checks a page as it is shown, and takes pictures of it in every view if wanted; the first view stays. */
export async function look(page: Page, name: string): Promise<void> {
  expect({ name, findings: await findings(page) }).toEqual({ name, findings: [] });
  if (!SHOTS) return;
  for (const view of VIEWS) await picture(page, name, view, true);
  const [size, colorScheme] = VIEWS[0]!;
  await page.setViewportSize(SIZES[size]);
  await page.emulateMedia({ colorScheme });
}
