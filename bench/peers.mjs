// Programs that are measured beside Platen: where they are, and what installs them (tools/prepare.mjs). Without one, the
// benchmark names it as not run.
import { homedir } from 'node:os';
import { join } from 'node:path';

export const HAPROXY = '/usr/sbin/haproxy';
export const SSHD = '/usr/sbin/sshd';
export const SSH = '/usr/bin/ssh';
export const WEBSOCKIFY = '/usr/bin/websockify';

/** Program -> Debian package. */
export const DEBIAN = {
  [HAPROXY]: 'haproxy',
  [SSHD]: 'openssh-server',
  [SSH]: 'openssh-client',
  [WEBSOCKIFY]: 'websockify',
};

/** From npm, in a folder of its own outside of this project's dependencies. */
export const MESHCENTRAL = {
  version: '1.1.55',
  folder: join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'platen-bench/meshcentral-1.1.55'),
};
