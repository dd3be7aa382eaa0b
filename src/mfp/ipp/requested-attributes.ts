import type { IppAttribute, IppAttributes } from '../../ipp/ipp-message';

/** Names of groups of attributes; all that this machine has belong to one or another (RFC 8011 4.2.5.1, 4.3.4.1). */
const GROUP_NAMES = ['all', 'printer-description', 'job-description', 'system-description'];

/** Those that the request wants; all where it does not say, or what an operation sends then. */
export function requested(
  attributes: readonly IppAttribute[],
  operation: IppAttributes,
  otherwise: readonly string[] = ['all'],
): IppAttribute[] {
  const wanted = new Set<unknown>(operation.get('requested-attributes') ?? otherwise);
  if (GROUP_NAMES.some((name) => wanted.has(name))) return [...attributes];
  return attributes.filter(([, name]) => wanted.has(name));
}
