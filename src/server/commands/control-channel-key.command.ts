import { loadCertificate, prepareNextKey, useNextKey, type Certificate } from '../config/certificate';
import type { Config } from '../config/config';
import { prepareDataFolder } from '../config/data-folder';
import { loadConfig } from '../config/settings-file';
import { failureLine } from './failure-line';

export type KeyAction = 'show' | 'prepare' | 'change';

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const complain = (line: string): void => {
  process.stderr.write(`platen server control-channel-key: ${line}\n`);
  process.exitCode = 1;
};

/** `platen server control-channel-key [show | prepare | change]`. */
export async function runControlChannelKey(
  action: KeyAction,
  { force = false }: { force?: boolean } = {},
): Promise<void> {
  try {
    const config = loadConfig();
    prepareDataFolder(config.data);
    if (action === 'prepare') {
      await prepareNextKey(config);
      print('The next key is prepared. Restart the server: it announces the key to each agent that connects.');
    }
    const { controlChannel } = await loadCertificate(config);
    if (action === 'change') await change(config, controlChannel, force);
    else await show(config, controlChannel);
  } catch (error) {
    complain(failureLine(error));
  }
}

async function show(config: Config, { pin, next }: Certificate['controlChannel']): Promise<void> {
  print(`key: ${pin}`);
  if (!next) return void print('next key: none');
  print(`next key: ${next.pin}`);
  const unaware = await agentsWithout(config, next.pin);
  print(`agents that do not know it: ${unaware.join(', ') || 'none'}`);
}

async function change(config: Config, { next }: Certificate['controlChannel'], force: boolean): Promise<void> {
  if (!next) return complain('no next key is prepared. Run: platen server control-channel-key prepare');
  const unaware = await agentsWithout(config, next.pin);
  if (unaware.length > 0 && !force)
    return complain(
      `${unaware.length} agents do not know the next key and would have to be enrolled again: ${unaware.join(', ')}. ` +
        'Wait until they have connected, remove them, or add --force',
    );
  useNextKey(config);
  print(`The key of the control channel is now ${next.pin}. Restart the server.`);
  if (!config.tls)
    print('It is also the key of the generated certificate: send the new fingerprint to the technicians.');
}

const agentsWithout = async (config: Config, pin: string): Promise<string[]> =>
  (await import('./agents-without-key.js')).agentsWithoutKey(config, pin);
