/** What this server itself serves under a session's origin, before the device. */
export const OWN_PREFIX = '/.platen/';
export const PATHS = {
  enter: '/.platen/enter',
  vnc: '/.platen/vnc',
  stream: '/.platen/stream',
  noVnc: '/.platen/novnc/',
} as const;
