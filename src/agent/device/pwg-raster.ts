/** Types of pixels (pwg-raster-document-type-supported) that can be encoded, best first. */
export const RASTER_TYPES = ['sgray_8', 'srgb_8', 'black_1'] as const;
export type RasterType = (typeof RASTER_TYPES)[number];

/** A sheet of paper. Name: a self-describing one (PWG 5101.1); lengths in millimetres. */
export interface Media {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}
/** Pixels per inch, across and along the sheet. */
export interface Resolution {
  readonly x: number;
  readonly y: number;
}
export interface RasterFormat {
  readonly type: RasterType;
  readonly media: Media;
  readonly resolution: Resolution;
}
/** Equal lines of a page. One value per pixel: 0 is black, 255 is white. */
export interface Band {
  readonly row: Uint8Array;
  readonly lines: number;
}

export const INCH_MM = 25.4;
const INCH_POINTS = 72;
export const pixels = (millimetres: number, perInch: number): number => Math.round((millimetres / INCH_MM) * perInch);

/** Size of the whole sheet in pixels. */
export const sizeOf = ({ media, resolution }: RasterFormat): { width: number; height: number } => ({
  width: pixels(media.width, resolution.x),
  height: pixels(media.height, resolution.y),
});

/**
 * One page as PWG raster (PWG 5102.4). Only one line at a time is not compressed.
 * @param bands as many lines as the sheet is high, as wide as the sheet
 */
export function pwgRaster(format: RasterFormat, bands: Iterable<Band>): Buffer {
  const { unit, line } = PIXELS[format.type];
  const parts = [Buffer.from('RaS2'), pageHeader(format)];
  for (const { row, lines } of bands) {
    const packed = packLine(line(row), unit);
    for (let left = lines; left > 0; left -= MOST_LINES)
      parts.push(Buffer.from([Math.min(left, MOST_LINES) - 1]), packed);
  }
  return Buffer.concat(parts);
}

/** How pixels become bytes (PWG 5102.4 4). */
interface Pixels {
  readonly bitsPerColour: number;
  readonly colours: number;
  /** 3: black, where a set bit is black; 18: sRGB grey; 19: sRGB. */
  readonly colourSpace: number;
  /** Bytes that are compressed together. */
  readonly unit: number;
  readonly line: (row: Uint8Array) => Uint8Array;
}
const PIXELS: Readonly<Record<RasterType, Pixels>> = {
  sgray_8: { bitsPerColour: 8, colours: 1, colourSpace: 18, unit: 1, line: (row) => row },
  srgb_8: {
    bitsPerColour: 8,
    colours: 3,
    colourSpace: 19,
    unit: 3,
    line: (row) => new Uint8Array(row.length * 3).map((_, at) => row[Math.floor(at / 3)]!),
  },
  black_1: { bitsPerColour: 1, colours: 1, colourSpace: 3, unit: 1, line: bitsOf },
};

/** Grey becomes vertical lines, so that lines stay equal. */
function bitsOf(row: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(row.length / 8));
  row.forEach((value, at) => {
    if (value < STRIPES[at % 8]!) bits[at >> 3]! |= 0x80 >> (at & 7);
  });
  return bits;
}
/** Below these values, the eight pixels of a byte are black. */
const STRIPES = [16, 144, 80, 208, 48, 176, 112, 240];

const HEADER_BYTES = 1796;

/** The page header (PWG 5102.4 4); fields that are left out are 0: the printer's default. */
function pageHeader({ type, media, resolution }: RasterFormat): Buffer {
  const { bitsPerColour, colours, colourSpace } = PIXELS[type];
  const { width, height } = sizeOf({ type, media, resolution });
  const bitsPerPixel = bitsPerColour * colours;
  const header = Buffer.alloc(HEADER_BYTES);
  const numbers: Readonly<Record<number, number>> = {
    276: resolution.x,
    280: resolution.y,
    340: 1, // NumCopies
    352: Math.round((media.width / INCH_MM) * INCH_POINTS), // PageSize
    356: Math.round((media.height / INCH_MM) * INCH_POINTS),
    372: width,
    376: height,
    384: bitsPerColour,
    388: bitsPerPixel,
    392: Math.ceil((width * bitsPerPixel) / 8), // BytesPerLine
    400: colourSpace,
    420: colours,
    452: 1, // TotalPageCount
    456: 1, // CrossFeedTransform and FeedTransform: as it is
    460: 1,
    480: 0xffffff, // AlternatePrimary: white
    484: 4, // PrintQuality: normal
  };
  header.write('PwgRaster', 0, 'latin1');
  for (const [offset, value] of Object.entries(numbers)) header.writeUInt32BE(value, Number(offset));
  header.write(media.name.slice(0, 63), 1732, 'latin1'); // PageSizeName
  return header;
}

/** Most equal lines, and most pixels of one run (PWG 5102.4 4). */
const MOST_LINES = 256;
const MOST_PIXELS = 128;

/** Compresses a line: a pixel that is repeated after its count - 1, different pixels after 257 - their count. */
function packLine(line: Uint8Array, unit: number): Buffer {
  const packed: number[] = [];
  const count = line.length / unit;
  const put = (code: number, from: number, length: number): void => {
    packed.push(code, ...line.subarray(from * unit, (from + length) * unit));
  };
  const repeats = (at: number): boolean => {
    if (at + 1 >= count) return false;
    for (let byte = at * unit; byte < (at + 1) * unit; byte++) if (line[byte] !== line[byte + unit]) return false;
    return true;
  };
  for (let at = 0; at < count;) {
    let length = 1;
    if (repeats(at)) {
      while (length < MOST_PIXELS && repeats(at + length - 1)) length++;
      put(length - 1, at, 1);
    } else {
      while (length < MOST_PIXELS && at + length < count && !repeats(at + length)) length++;
      put(length === 1 ? 0 : 257 - length, at, length);
    }
    at += length;
  }
  return Buffer.from(packed);
}
