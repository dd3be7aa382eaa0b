/** Attributes whose value is one URL (HTML Living Standard, "Attributes" index, and obsolete ones). */
const URLS = new Set([
  'href',
  'src',
  'action',
  'formaction',
  'poster',
  'data',
  'cite',
  'background',
  'longdesc',
  'lowsrc',
  'manifest',
  'codebase',
  'xlink:href',
]);
/** Attributes with several URLs: `url descriptor, url descriptor`. */
const LISTS = new Set(['srcset', 'imagesrcset']);
/** `<meta http-equiv=refresh content="5; url=...">` */
const REFRESH = /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?)(.*)$/is;

export const isLinkAttribute = (element: string, attribute: string): boolean =>
  URLS.has(attribute) || LISTS.has(attribute) || (element === 'meta' && attribute === 'content');

/** The value of a link attribute with `translate` applied to each URL in it. */
export function translatedValue(attribute: string, value: string, translate: (url: string) => string): string {
  if (LISTS.has(attribute)) return value.replace(/[^\s,][^\s]*/g, translate);
  if (attribute === 'content') return value.replace(REFRESH, (_, head: string, url: string) => head + translate(url));
  return translate(value);
}
