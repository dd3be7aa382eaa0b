/** What Platen itself serves under a session's origin, before the device. */
export const PLATEN_PREFIX = '/.platen/';
export const PATHS = {
  enter: '/.platen/enter',
  vnc: '/.platen/vnc',
  stream: '/.platen/stream',
} as const;
