import { agentId } from '../../protocol/names';
import { prepareDataFolder } from '../config/data-folder';
import { loadSecrets } from '../config/secrets';
import { loadConfig } from '../config/settings-file';
import { failureLine } from './failure-line';
import { relaySecret } from '../relays/relay-secret';

/** `platen server relay-secret`: prints the content of PLATEN_RELAY_SECRET_FILE for a relay on another machine. */
export function runRelaySecret(relayId: string): void {
  try {
    if (!agentId.safeParse(relayId).success) throw new Error('a relay ID has 1 to 64 characters: a-z 0-9 . _ -');
    const config = loadConfig();
    prepareDataFolder(config.data);
    process.stdout.write(`${relaySecret(loadSecrets(config).localRelaySecret, relayId)}\n`);
  } catch (error) {
    process.stderr.write(`platen server relay-secret: ${failureLine(error)}\n`);
    process.exitCode = 1;
  }
}
