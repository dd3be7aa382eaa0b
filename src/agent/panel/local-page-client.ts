import { isIPv6 } from 'node:net';
import { parseJson } from '../../protocol/parse-json';
import { COMMAND } from '../command-name';
import { readConfiguration } from '../configuration/configuration';
import { ConfigurationError } from '../configuration/configuration.errors';

const ANSWER_MS = 10_000;

/** An expected failure of a command; the message is for its user. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Runs a command; prints an expected error as one line; exit code 1. */
export async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** The address of the local page of the agent on this computer. @throws CommandFailed, ConfigurationError */
export async function localPage(config: string): Promise<string> {
  const { host, port } = (await readConfiguration(config)).panel;
  if (port === 0) throw new CommandFailed(`${config} sets no port of the local page: give panel.port a number`);
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** @throws CommandFailed */
export const post = (base: string, path: string, body: object): Promise<unknown> =>
  fetched(base, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: base },
    body: JSON.stringify(body),
  });

/** @throws CommandFailed */
export async function fetched(base: string, path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(base + path, { ...init, signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => {
    throw new CommandFailed(`no agent answers at ${base}. Start it: ${COMMAND} run --config <file>`);
  });
  const body = parseJson(await response.text());
  if (!response.ok) throw new CommandFailed((body as { detail?: string } | undefined)?.detail ?? 'the agent refused');
  return body;
}
