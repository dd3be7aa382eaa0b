/** Part of the console could not be loaded: the server has another version, or cannot be reached. */
export class CodeNotLoaded extends Error {
  override readonly name = 'CodeNotLoaded';
}

/** A slow network needs a minute for all of the console. */
const LOAD_MS = 120_000;
const PAGE_MS = 10_000;

/** @throws CodeNotLoaded */
export async function loadCode<Code>(load: () => Promise<Code>): Promise<Code> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${LOAD_MS} ms`)), LOAD_MS);
  });
  try {
    return await Promise.race([load(), timeout]);
  } catch (cause) {
    throw new CodeNotLoaded('part of the console could not be loaded', { cause });
  } finally {
    clearTimeout(timer);
  }
}

const RELOADED = 'platen.reloaded-versions';
/** Versions that are remembered as such that the window has left. */
const REMEMBERED = 20;

/** The page's first script, whose name changes with every version. */
const versionOf = (page: Document): string | undefined =>
  page.querySelector('script[type=module][src]')?.getAttribute('src') ?? undefined;

/** The version that the server has now; undefined if it cannot be reached. */
async function versionAtServer(): Promise<string | undefined> {
  try {
    const answer = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(PAGE_MS) });
    return answer.ok ? versionOf(new DOMParser().parseFromString(await answer.text(), 'text/html')) : undefined;
  } catch {
    return undefined;
  }
}

/** Reloads the page if the server answers. @returns false if it does not */
export async function reload(): Promise<boolean> {
  if ((await versionAtServer()) === undefined) return false;
  location.reload();
  return true;
}

/**
 * Reloads the page if the server has another version of it, once for each version: servers of different versions behind
 * one address would otherwise keep a window reloading.
 */
export async function reloadIfUpdated(): Promise<void> {
  const [own, current] = [versionOf(document), await versionAtServer()];
  if (own === undefined || current === undefined || own === current) return;
  const left = sessionStorage.getItem(RELOADED)?.split(' ') ?? [];
  if (left.includes(own)) return;
  sessionStorage.setItem(RELOADED, [...left, own].slice(-REMEMBERED).join(' '));
  location.reload();
}
