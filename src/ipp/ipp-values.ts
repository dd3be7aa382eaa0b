/** The language of texts is dropped. */
export type IppValue = number | boolean | string;

/** The first tag of a value that is not a reason for having none, such as `unknown` (RFC 8010 3.5.2). */
const FIRST_SYNTAX = 0x20;
/** Its members follow as values without a name (RFC 8010 3.1.6). */
export const BEGIN_COLLECTION = 0x34;
const MEMBER_NAME = 0x4a;

/** How the bytes of each syntax are read (RFC 8010 3.9), and how many they are if that is fixed. */
const SYNTAXES: Readonly<Record<number, { bytes?: number; read: (value: Buffer) => IppValue | undefined }>> = {
  0x21: { bytes: 4, read: (value) => value.readInt32BE() },
  0x22: { bytes: 1, read: (value) => value[0] !== 0 },
  0x23: { bytes: 4, read: (value) => value.readInt32BE() },
  0x30: { read: (value) => value.toString('utf8') },
  0x31: { bytes: 11, read: instantOf },
  0x32: { bytes: 9, read: resolutionOf },
  0x33: { bytes: 8, read: (value) => `${value.readInt32BE(0)}-${value.readInt32BE(4)}` },
  0x35: { read: withoutLanguage },
  0x36: { read: withoutLanguage },
};

/** A value; undefined if there is none, if its syntax is unknown, or if its bytes do not fit its syntax. */
export function ippValue(tag: number, value: Buffer): IppValue | undefined {
  if (tag < FIRST_SYNTAX) return undefined;
  const syntax = SYNTAXES[tag];
  if (syntax) return value.length === (syntax.bytes ?? value.length) ? syntax.read(value) : undefined;
  // RFC 8010 3.5.2: character strings
  return tag >= 0x40 && tag <= 0x5f && tag !== MEMBER_NAME ? value.toString('utf8') : undefined;
}

/** DateAndTime (RFC 2579 2); undefined for a date that does not exist. */
function instantOf(value: Buffer): string | undefined {
  const [month = 0, day, hour, minute, second, deci = 0, , hours = 0, minutes = 0] = value.subarray(2);
  const offset = (hours * 60 + minutes) * (value[8] === 0x2d ? -1 : 1);
  const at = new Date(0);
  at.setUTCFullYear(value.readUInt16BE(0), month - 1, day);
  at.setUTCHours(hour ?? 0, (minute ?? 0) - offset, second, deci * 100);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** Two integers and a unit (RFC 8011 5.1.16), 3 for dots per inch, 4 per centimetre: `300dpi` or `300x600dpi`. */
function resolutionOf(value: Buffer): string {
  const [x, y] = [value.readInt32BE(0), value.readInt32BE(4)];
  return `${x === y ? x : `${x}x${y}`}${value[8] === 4 ? 'dpcm' : 'dpi'}`;
}

/** textWithLanguage and nameWithLanguage: two strings with their lengths. */
function withoutLanguage(value: Buffer): string | undefined {
  if (value.length < 4) return undefined;
  const text = 2 + value.readUInt16BE(0);
  if (text + 2 > value.length || value.readUInt16BE(text) !== value.length - text - 2) return undefined;
  return value.toString('utf8', text + 2);
}
