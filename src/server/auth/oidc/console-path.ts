import { CONSOLE_SECTIONS } from '../../../protocol/console-sections';

/** A path of the console; everything else would make this an open redirect. */
export function consolePath(text: string | undefined): string {
  const base = 'http://console.invalid';
  if (text === undefined || !URL.canParse(text, base)) return '/';
  const { origin, pathname, search } = new URL(text, base);
  const section = pathname.split('/')[1];
  return origin === base && CONSOLE_SECTIONS.some((each) => each === section) ? `${pathname}${search}` : '/';
}
