import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../protocol/parse-json';
import { credentialsPath, writePrivately } from './credentials';

/** A browser would keep no longer cookie either (RFC 6265 6.1). */
const cookie = z.string().regex(/^(?:__Host-)?platen\.browser=[^;\s]{1,4000}$/);
const stored = z.record(z.url(), cookie);
const MOST_SERVERS = 20;

/** Beside the credentials; a logout leaves it, as it leaves the cookie in a browser. */
const pathOf = (env: NodeJS.ProcessEnv): string => `${credentialsPath(env).replace(/\.json$/, '')}.earlier-logins.json`;

async function read(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const text = await readFile(pathOf(env), 'utf8').catch(() => '');
  return stored.safeParse(parseJson(text)).data ?? {};
}

/**
 * The cookie with which this program proves to a server that it has logged in there before. It grants nothing: without it,
 * the server takes the login for one from another place, and mails its user.
 */
export const earlierLogin = async (env: NodeJS.ProcessEnv, server: string): Promise<string | undefined> =>
  (await read(env))[server];

/** Keeps the cookie of a login. A login succeeds also if this fails. @param cookies of the login, as `name=value` */
export async function keepEarlierLogin(
  env: NodeJS.ProcessEnv,
  server: string,
  cookies: readonly string[],
): Promise<void> {
  const own = cookies.find((each) => cookie.safeParse(each).success);
  if (own === undefined) return;
  const { [server]: _replaced, ...others } = await read(env);
  const newest = Object.entries(others).slice(1 - MOST_SERVERS);
  await writePrivately(pathOf(env), Object.fromEntries([...newest, [server, own]])).catch(() => undefined);
}
