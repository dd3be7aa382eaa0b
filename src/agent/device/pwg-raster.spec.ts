import { readPwgRaster } from '../../../test/support/device/pwg-raster-reader';
import { pwgRaster, sizeOf, type Band, type RasterFormat } from './pwg-raster';

const A4 = { name: 'iso_a4_210x297mm', width: 210, height: 297 };
const format = (more: Partial<RasterFormat> = {}): RasterFormat => ({
  type: 'sgray_8',
  media: A4,
  resolution: { x: 300, y: 300 },
  ...more,
});
const band = (lines: number, ...row: number[]): Band => ({ row: Uint8Array.from(row), lines });
const hex = (text: string): string => text.replaceAll(' ', '');

describe('PWG raster', () => {
  it.each<[RasterFormat, Record<number, number>]>([
    [
      format(),
      { 276: 300, 280: 300, 372: 2480, 376: 3508, 384: 8, 388: 8, 392: 2480, 400: 18, 420: 1, 352: 595, 356: 842 },
    ],
    [
      format({ type: 'srgb_8', resolution: { x: 300, y: 600 } }),
      { 276: 300, 280: 600, 372: 2480, 376: 7016, 384: 8, 388: 24, 392: 7440, 400: 19, 420: 3, 352: 595, 356: 842 },
    ],
    [
      format({ type: 'black_1', media: { name: 'na_letter_8.5x11in', width: 215.9, height: 279.4 } }),
      { 276: 300, 280: 300, 372: 2550, 376: 3300, 384: 1, 388: 1, 392: 319, 400: 3, 420: 1, 352: 612, 356: 792 },
    ],
  ])('has the page header of PWG 5102.4, every byte of it: %j', (given, fields) => {
    const bytes = pwgRaster(given, []);
    expect(bytes.subarray(0, 4).toString()).toBe('RaS2');
    const header = bytes.subarray(4);
    expect(header).toHaveLength(1796);
    const field = (from: number, to: number): string => header.toString('latin1', from, to).replace(/\0+$/, '');
    expect([field(0, 64), field(1732, 1796)]).toEqual(['PwgRaster', given.media.name]);
    const numbers = Array.from({ length: (1732 - 64) / 4 }, (_, index) => 64 + 4 * index);
    const set = numbers.filter((offset) => header.readUInt32BE(offset) !== 0);
    const always = { 340: 1, 452: 1, 456: 1, 460: 1, 480: 0xffffff, 484: 4 };
    expect(Object.fromEntries(set.map((offset) => [offset, header.readUInt32BE(offset)]))).toEqual({
      ...always,
      ...fields,
    });
  });

  it.each<[string, Partial<RasterFormat>, Band, string]>([
    ['equal pixels', {}, band(1, 7, 7, 7), '00 02 07'],
    ['one pixel', {}, band(1, 7), '00 00 07'],
    ['different pixels', {}, band(1, 1, 2, 3), '00 fe 01 02 03'],
    ['a pixel between equal ones', {}, band(1, 1, 1, 2, 3, 3), '00 01 01 00 02 01 03'],
    ['different pixels before equal ones', {}, band(1, 1, 2, 3, 3), '00 ff 01 02 01 03'],
    ['128 equal pixels', {}, band(1, ...Array<number>(128).fill(9)), '00 7f 09'],
    ['129 equal pixels', {}, band(1, ...Array<number>(129).fill(9)), '00 7f 09 00 09'],
    ['256 equal lines', {}, band(256, 5), 'ff 00 05'],
    ['257 equal lines', {}, band(257, 5), 'ff 00 05 00 00 05'],
    ['colours', { type: 'srgb_8' }, band(1, 1, 1, 2), '00 01 01 01 01 00 02 02 02'],
    ['bits, black is 1', { type: 'black_1' }, band(1, 0, 255, 255, 255, 255, 255, 255, 255, 0), '00 01 80'],
  ])('compresses %s', (_what, more, one, expected) => {
    expect(pwgRaster(format(more), [one]).subarray(1800).toString('hex')).toBe(hex(expected));
  });

  it.each(['sgray_8', 'srgb_8', 'black_1'] as const)('is read as it was made: %s', (type) => {
    let seed = 4711;
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
    const given = format({ type, media: { name: 'custom_x_33x40mm', width: 33, height: 40 } });
    const { width, height } = sizeOf(given);
    expect(width % 8).toBeGreaterThan(0);
    const bands: Band[] = [];
    for (let left = height; left > 0; left -= bands.at(-1)!.lines) {
      const row = new Uint8Array(width);
      // short and long runs, and runs of different pixels
      for (let at = 0; at < width;) {
        const [length, equal, value] = [1 + random(random(2) ? 4 : 300), random(2), random(256)];
        for (const end = Math.min(width, at + length); at < end; at++) row[at] = equal ? value : random(256);
      }
      if (type === 'black_1') row.forEach((value, at) => (row[at] = value < 128 ? 0 : 255));
      bands.push({ row, lines: Math.min(left, 1 + random(random(2) ? 3 : 300)) });
    }
    const pages = readPwgRaster(pwgRaster(given, bands));
    expect(pages).toHaveLength(1);
    const expected = bands.flatMap(({ row, lines }) => Array<Buffer>(lines).fill(Buffer.from(row)));
    expect(Buffer.concat(pages[0]!.lines).equals(Buffer.concat(expected))).toBe(true);
  });

  it('makes grey of black lines', () => {
    const dark = (value: number): number => {
      const bands = [{ row: new Uint8Array(96).fill(value), lines: 96 }];
      const media = { name: 'custom_x_8.128x8.128mm', width: 8.128, height: 8.128 };
      const [page] = readPwgRaster(pwgRaster(format({ type: 'black_1', media }), bands));
      return page!.lines[0]!.filter((pixel) => pixel === 0).length / 96;
    };
    expect([0, 64, 128, 192, 255].map(dark)).toEqual([1, 0.75, 0.5, 0.25, 0]);
  });
});
