import { dirname, resolve } from 'node:path';

/**
 * Folder of the credentials and, unless the configuration names another, of the agent's state: that of the configuration file,
 * or PLATEN_AGENT_STATE where the owner alone writes the configuration.
 */
export const stateFolderFor = (configurationFile: string): string =>
  resolve(process.env.PLATEN_AGENT_STATE || dirname(configurationFile));
