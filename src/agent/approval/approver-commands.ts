import { isIPv6 } from 'node:net';
import { approverAdministration, pairingCode, type ApproverAdministration } from '../../protocol/approver-page';
import { parseJson } from '../../protocol/parse-json';
import { COMMAND } from '../command-name';
import { readConfiguration } from '../configuration/configuration';
import { ConfigurationError } from '../configuration/configuration.errors';

const ANSWER_MS = 10_000;

/** `platen agent pairing-code`: prints a code for a new approver, or for one who exists. */
export async function printPairingCode(options: {
  config: string;
  device?: string[];
  conditions: boolean;
  reset?: string;
}): Promise<void> {
  await explained(async () => {
    const base = await localPage(options.config);
    const body =
      options.reset === undefined
        ? { devices: options.device ?? null, setsConditions: options.conditions }
        : { approver: idOf(await administration(base), options.reset) };
    const { code, validForSeconds } = pairingCode.parse(await post(base, '/approvers/codes', body));
    const { lan } = await administration(base);
    process.stdout.write(
      `${code}\n\nOpen ${lan?.url} on the phone within ${validForSeconds / 60} minutes, and enter this code.\n` +
        `Fingerprint of its certificate (SHA-256): ${lan?.fingerprint}\n`,
    );
  });
}

/** `platen agent approvers`: lists the approvers, or removes one. */
export async function listApprovers(options: { config: string; remove?: string }): Promise<void> {
  await explained(async () => {
    const base = await localPage(options.config);
    if (options.remove !== undefined)
      await post(base, `/approvers/${idOf(await administration(base), options.remove)}/remove`, {});
    const { approvers } = await administration(base);
    if (approvers.length === 0)
      return void process.stdout.write(`There are no approvers. To pair one: ${COMMAND} pairing-code\n`);
    for (const { name, devices, setsConditions, phones, passkeys } of approvers) {
      const may = `${devices?.join(', ') ?? 'all devices'}${setsConditions ? ', and sets access conditions' : ''}`;
      process.stdout.write(`${name}: ${may}; ${phones} phone(s), ${passkeys} passkey(s)\n`);
    }
  });
}

class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Prints an expected error as one line; exit code 1. */
async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function localPage(config: string): Promise<string> {
  const { host, port } = (await readConfiguration(config)).panel;
  if (port === 0) throw new CommandFailed(`${config} sets no port of the local page: give panel.port a number`);
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

const administration = async (base: string): Promise<ApproverAdministration> =>
  approverAdministration.parse(await fetched(base, '/approvers'));

const post = (base: string, path: string, body: object): Promise<unknown> =>
  fetched(base, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: base },
    body: JSON.stringify(body),
  });

async function fetched(base: string, path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(base + path, { ...init, signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => {
    throw new CommandFailed(`no agent answers at ${base}. Start it: ${COMMAND} run --config <file>`);
  });
  const body = parseJson(await response.text());
  if (!response.ok) throw new CommandFailed((body as { detail?: string } | undefined)?.detail ?? 'the agent refused');
  return body;
}

function idOf({ approvers }: ApproverAdministration, name: string): string {
  const found = approvers.find((each) => each.name.toLowerCase() === name.normalize('NFC').toLowerCase());
  if (!found) throw new CommandFailed(`there is no approver ${name}. List them: ${COMMAND} approvers`);
  return found.id;
}
