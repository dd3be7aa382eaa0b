import { setImmediate } from 'node:timers/promises';

/** Waits until the condition holds; fails after `ms` naming what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await setImmediate();
  }
}
