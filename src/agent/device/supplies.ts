import type { IppAttributes } from '../../ipp/ipp-message';
import { SUPPLIES, type Supply } from '../../protocol/device-information';
import { cleanLine, keyValues, stringsOf } from './attribute-text';

/** Supplies from printer-supply and printer-supply-description (PWG 5100.13), or else from the marker attributes. */
export function suppliesOf(attributes: IppAttributes): Supply[] {
  const described = stringsOf(attributes, 'printer-supply').map(keyValues);
  const names = stringsOf(attributes, 'printer-supply-description');
  if (described.length === 0) return markersOf(attributes).slice(0, SUPPLIES);
  return described.slice(0, SUPPLIES).map((fields, index) => {
    const field = (name: string): string => fields.get(name) ?? '';
    const colour = colourOf(field('colorantname'));
    const type = cleanLine(field('type'), 40);
    const level = levelOf(numberIn(field('level')), numberIn(field('maxcapacity')));
    return { name: nameOf(names[index], colour, type, index), type, colour, level };
  });
}

/** CUPS and printers older than PWG 5100.13: parallel lists, levels in per cent. */
function markersOf(attributes: IppAttributes): Supply[] {
  const [names, types, colours] = ['marker-names', 'marker-types', 'marker-colors'].map((name) =>
    stringsOf(attributes, name),
  ) as [string[], string[], string[]];
  const levels = attributes.get('marker-levels') ?? [];
  return Array.from({ length: Math.max(names.length, levels.length) }, (_, index) => {
    const colour = colourOf(colours[index]);
    const type = cleanLine(types[index] ?? '', 40);
    return { name: nameOf(names[index], colour, type, index), type, colour, level: levelOf(levels[index], 100) };
  });
}

const nameOf = (name = '', colour: string, type: string, index: number): string =>
  cleanLine(name, 100) || `${colour} ${type}`.trim() || `Supply ${index + 1}`;

const NO_COLOUR = ['none', 'unknown', 'other'];
function colourOf(text = ''): string {
  const colour = cleanLine(text, 40);
  return NO_COLOUR.includes(colour.toLowerCase()) ? '' : colour;
}

/**
 * Per cent from prtMarkerSuppliesLevel and its capacity (RFC 3805). Values below 0 mean `other`, `unknown` or `some`.
 * Without a capacity, the level is in per cent. Levels above the capacity count as full.
 */
function levelOf(level: unknown, capacity: number | undefined): number | null {
  if (typeof level !== 'number' || level < 0) return null;
  if (capacity === undefined || capacity <= 0) return level <= 100 ? level : null;
  return Math.min(100, Math.round((level / capacity) * 100));
}

const numberIn = (text: string): number | undefined => (/^-?\d{1,10}$/.test(text) ? Number(text) : undefined);
