import type { IppAttributes } from '../../ipp/ipp-message';

/** The values of an attribute that are text; none where the device does not tell it. */
export const stringsOf = (attributes: IppAttributes, name: string): string[] =>
  (attributes.get(name) ?? []).filter((value) => typeof value === 'string');
