/** What an agent can be asked to do at a device. Without schemas, so that the command line lists it without loading them. */
export const OPERATIONS = {
  information: 'Reads all information the device reports.',
  counters: 'Reads the counters.',
  identify: 'Makes the device flash or beep so that it can be found.',
  'test-page': 'Prints one page.',
  restart: 'Restarts the device.',
  'settings-read': 'Reads the settings of the device.',
  'settings-set': 'Sets settings of the device and reads them back.',
  'logs-read': 'Reads the log of the agent, and the alerts of the device and their history.',
  'firmware-install': 'Installs a firmware file and waits until the device reports the new version.',
} as const;
