import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** @returns violations by axe that keep people from using the page, as `rule: elements`; frames are not checked */
export async function findings(page: Page): Promise<string[]> {
  // through the debugger, because the Content-Security-Policy of the page permits no such script
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE);
  const options = "{ resultTypes: ['violations'], iframes: false, preload: false }"; // only rules for media preload
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}
