/** First path segments of the console's pages: the server answers them with the console, all others it does not. */
export const CONSOLE_SECTIONS = [
  'devices',
  'sessions',
  'jobs',
  'firmware',
  'users',
  'agents',
  'tokens',
  'audit',
  'deployment',
  'notices',
  'profile',
] as const;
export type ConsoleSection = (typeof CONSOLE_SECTIONS)[number];
