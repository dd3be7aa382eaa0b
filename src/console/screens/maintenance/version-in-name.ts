/** What looks like a version in the name of a file, such as `3050ci_2.15.000.bin`; empty where nothing does. */
export const versionInName = (name: string): string =>
  /(?<![\d.])\d+(?:\.\d+)+(?:[-+][A-Za-z0-9]+)?(?=\.[A-Za-z]|[^\d.]|$)/.exec(name)?.[0] ?? '';
