import { approverAdministration, pairingCode, type ApproverAdministration } from '../../protocol/approver-page';
import { COMMAND } from '../command-name';
import { CommandFailed, explained, fetched, localPage, post } from '../panel/local-page-client';

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

const administration = async (base: string): Promise<ApproverAdministration> =>
  approverAdministration.parse(await fetched(base, '/approvers'));

function idOf({ approvers }: ApproverAdministration, name: string): string {
  const found = approvers.find((each) => each.name.toLowerCase() === name.normalize('NFC').toLowerCase());
  if (!found) throw new CommandFailed(`there is no approver ${name}. List them: ${COMMAND} approvers`);
  return found.id;
}
