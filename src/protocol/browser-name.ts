/** Chromium-based browsers name Chrome, and all of them name Safari, so the order matters. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:(?:Headless)?Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
/** Android names Linux, and iPhones name Mac OS X. */
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];
const OTHER_CHARACTERS = 60;

const nameIn = (names: typeof BROWSERS, text: string): string | undefined =>
  names.find(([pattern]) => pattern.test(text))?.[1];

/**
 * A name for a header `User-Agent`, such as `Firefox, Windows`; for a program that is no browser, what it calls itself.
 * Anyone can send any header, so it helps users to recognise their own browsers, and proves nothing.
 */
export const browserName = (userAgent: string): string =>
  knownBrowserName(userAgent) ?? userAgent.slice(0, OTHER_CHARACTERS);

/** The same without any text of the sender; undefined for what is no known browser. */
export function knownBrowserName(userAgent: string): string | undefined {
  const browser = nameIn(BROWSERS, userAgent);
  return browser && [browser, nameIn(SYSTEMS, userAgent)].filter(Boolean).join(', ');
}
