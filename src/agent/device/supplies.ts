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
    const level = numberIn(field('level'));
    const capacity = numberIn(field('maxcapacity')) ?? 0;
    // without a capacity, the level is in per cent
    const contents = contentsOf(level, capacity <= 0 && level !== undefined && level <= 100 ? 100 : capacity);
    const receptacle = field('class') === 'receptacleThatIsFilled' && ({ receptacle: true } as const);
    return { name: supplyNameOf(names[index], colour, type, index), type, colour, ...contents, ...receptacle };
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
    return { name: supplyNameOf(names[index], colour, type, index), type, colour, ...contentsOf(levels[index], 100) };
  });
}

/** The device's own name, or one of what else is known. */
export const supplyNameOf = (name = '', colour: string, type: string, index: number): string =>
  cleanLine(name, 100) || `${colour} ${type}`.trim() || `Supply ${index + 1}`;

const NO_COLOUR = ['none', 'unknown', 'other'];
export function colourOf(text = ''): string {
  const colour = cleanLine(text, 40);
  return NO_COLOUR.includes(colour.toLowerCase()) ? '' : colour;
}

/** RFC 3805: of levels, other than -1 (`other`) and -2 (`unknown`). */
const SOME_LEFT = -3;

/**
 * Per cent from a level and its capacity (RFC 3805), for example prtMarkerSuppliesLevel. A level above the capacity counts as
 * full. Without a capacity, only an empty container is certain.
 */
export function contentsOf(level: unknown, capacity: unknown): Pick<Supply, 'level' | 'someLeft'> {
  if (level === SOME_LEFT) return { level: null, someLeft: true };
  if (typeof level !== 'number' || level < 0) return { level: null };
  if (level === 0) return { level: 0 };
  if (typeof capacity !== 'number' || capacity <= 0) return { level: null, someLeft: true };
  return { level: Math.min(100, Math.round((level / capacity) * 100)) };
}

const numberIn = (text: string): number | undefined => (/^-?\d{1,10}$/.test(text) ? Number(text) : undefined);
