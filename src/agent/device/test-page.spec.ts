import { readPwgRaster, seenAt } from '../../../test/support/device/pwg-raster-reader';
import { testPageFor } from './test-page';

const AT = new Date('2026-11-29T12:00:00Z');
const RASTER = 'image/pwg-raster';
const made = (attributes: Record<string, string[]>, title = 'Platen test page', device = 'Hall') =>
  testPageFor(new Map(Object.entries(attributes)), { title, device, at: AT });
const raster = (more: Record<string, string[]>, title?: string, device?: string) => {
  const page = made({ 'document-format-supported': [RASTER], ...more }, title, device)!;
  expect(page.format).toBe(RASTER);
  return readPwgRaster(page.data);
};

describe('a test page', () => {
  it.each<[string, string[], string | undefined]>([
    ['PDF before all others', [RASTER, 'text/plain', 'application/pdf'], 'application/pdf'],
    ['text before raster', [RASTER, 'text/plain; charset=utf-8'], 'text/plain; charset=utf-8'],
    ['raster where there is nothing else', ['application/octet-stream', 'image/urf', RASTER], RASTER],
    ['nothing that the device does not print', ['application/octet-stream', 'image/urf'], undefined],
    ['nothing without formats', [], undefined],
  ])('is %s', (_what, formats, expected) => {
    expect(made({ 'document-format-supported': formats })?.format).toBe(expected);
  });

  const TYPE = 'pwg-raster-document-type-supported';
  const RESOLUTION = 'pwg-raster-document-resolution-supported';
  const A4 = [2480, 3508];
  it.each<[string, Record<string, string[]>, Record<string, unknown>]>([
    ['nothing', {}, { space: 18, resolution: [300, 300], size: A4, name: 'iso_a4_210x297mm' }],
    ['grey and colour', { [TYPE]: ['srgb_8', 'black_1', 'sgray_8'] }, { space: 18 }],
    ['colour and black', { [TYPE]: ['black_1', 'cmyk_8', 'srgb_8'] }, { space: 19 }],
    ['only black', { [TYPE]: ['black_1'] }, { space: 3 }],
    ['a finer resolution', { [RESOLUTION]: ['600dpi'] }, { resolution: [600, 600], size: [4961, 7016] }],
    ['several resolutions', { [RESOLUTION]: ['1200dpi', '600dpi', '360dpi'] }, { resolution: [360, 360] }],
    ['an uneven resolution', { [RESOLUTION]: ['300x600dpi'] }, { resolution: [300, 600], size: [2480, 7016] }],
    [
      'resolutions that are none',
      { [RESOLUTION]: ['0dpi', '-1dpi', '2147483647dpi', '300x1dpi', '118dpcm', ''] },
      { resolution: [300, 300] },
    ],
    ['another size', { 'media-default': ['iso_a5_148x210mm'] }, { size: [1748, 2480], name: 'iso_a5_148x210mm' }],
    ['inches', { 'media-default': ['na_letter_8.5x11in'] }, { size: [2550, 3300], name: 'na_letter_8.5x11in' }],
    [
      'only what is in the trays',
      { 'media-ready': ['other', 'iso_a3_297x420mm'] },
      { size: [3508, 4961], name: 'iso_a3_297x420mm' },
    ],
    [
      'a roll as default, and paper',
      { 'media-default': ['roll_max_609.6x91440mm'], 'media-ready': ['na_legal_8.5x14in'] },
      { name: 'na_legal_8.5x14in' },
    ],
    ['an American label', { 'media-default': ['na_small_1x2in'] }, { name: 'na_letter_8.5x11in' }],
    ['an old name', { 'media-default': ['na-letter'] }, { name: 'iso_a4_210x297mm' }],
    ['a size of another planet', { 'media-default': ['iso_x_1e9x99999mm'] }, { name: 'iso_a4_210x297mm' }],
  ])('is made for a device that reports %s', (_what, attributes, expected) => {
    const [{ header, field, lines }] = raster(attributes) as [ReturnType<typeof raster>[number]];
    expect(lines).toHaveLength(field(376));
    expect({
      space: field(400),
      resolution: [field(276), field(280)],
      size: [field(372), field(376)],
      name: header.toString('latin1', 1732, 1796).replace(/\0+$/, ''),
    }).toMatchObject(expected);
  });

  it('is none where the device takes only raster that cannot be made', () => {
    expect(made({ 'document-format-supported': [RASTER], [TYPE]: ['cmyk_8', 'sgray_16'] })).toBeUndefined();
  });

  it('shows its title, a frame, greys and lines', () => {
    const [page] = raster({}, 'Hä? 4');
    const dot = Math.floor((0.6 / 25.4) * 300);
    const top = Math.round(((12.7 + 0.5) / 25.4) * 300);
    expect(seenAt(page!, { x: 150, y: top }, [29, 7], dot)).toEqual([
      '#   #  ###   ###           # ',
      '#   # #   # #   #         ## ',
      '#   # #   #     #        # # ',
      '##### #####    #        #  # ',
      '#   # #   #   #         #####',
      '#   # #   #                # ',
      '#   # #   #   #            # ',
    ]);
    const { lines } = page!;
    const dark = (line: Buffer): number => line.filter((pixel) => pixel < 128).length;
    // white edges, which printers do not print on; then the frame
    expect([lines[0], lines[60], lines.at(-1)].map((line) => dark(line!))).toEqual([0, 0, 0]);
    expect(dark(lines[76]!)).toBe(2480 - 2 * 75);
    expect(lines.slice(81, -81).every((line) => line[77] === 0 && line[2480 - 78] === 0 && line[60] === 255)).toBe(
      true,
    );
    const greys = lines.map((line) => new Set(line).size);
    expect(Math.max(...greys)).toBe(11);
    const changes = (line: Buffer): number => line.filter((pixel, at) => pixel !== line[at - 1]).length;
    expect(Math.max(...lines.map(changes))).toBeGreaterThan(800);
  });

  it.each([
    ['sgray_8', '2400dpi', 'iso_2a3_420x500mm'],
    ['srgb_8', '1200dpi', 'iso_a3_297x420mm'],
    ['black_1', '100dpi', 'om_small_80x80mm'],
  ])('stays small and whole: %s, %s, %s', (type, resolution, media) => {
    const attributes = { 'document-format-supported': [RASTER], [TYPE]: [type], [RESOLUTION]: [resolution] };
    const page = made({ ...attributes, 'media-default': [media] }, 'x'.repeat(500), '複合機'.repeat(100))!;
    expect(page.data.length).toBeLessThan(1024 * 1024);
    expect(page.data.readUInt32BE(4 + 276)).toBe(parseInt(resolution));
    if (type !== 'black_1') return;
    const [{ lines }] = readPwgRaster(page.data) as [ReturnType<typeof readPwgRaster>[number]];
    // long words end at the margin
    expect(lines.every((line) => line.subarray(-15).every((pixel) => pixel === 255))).toBe(true);
  });
});
