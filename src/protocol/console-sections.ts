/** First path segments of the console's pages. The server serves the console at these paths only. */
export const CONSOLE_SECTIONS = [
  'overview',
  'alerts',
  'devices',
  'sessions',
  'jobs',
  'campaigns',
  'settings-templates',
  'firmware',
  'reports',
  'customers',
  'users',
  'clients',
  'agents',
  'tokens',
  'audit',
  'backups',
  'deployment',
  'notices',
  'profile',
  'security',
] as const;
export type ConsoleSection = (typeof CONSOLE_SECTIONS)[number];
