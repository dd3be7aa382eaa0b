import { hostname } from 'node:os';
import type { IppAttributes } from '../../ipp/ipp-message';
import { stringsOf } from './attribute-text';
import { INCH_MM, pwgRaster, RASTER_TYPES, type Media, type RasterFormat, type Resolution } from './pwg-raster';
import { rasterPage } from './raster-page';

/** A page to print, in one format. */
export interface TestPage {
  readonly format: string;
  readonly data: Buffer;
}

/** Available formats, best first. */
export const TEST_PAGE_FORMATS = ['application/pdf', 'text/plain', 'image/pwg-raster'] as const;

/** Attributes that `testPageFor` uses; printers omit those they do not support (RFC 8011 5.4, PWG 5102.4). */
export const TEST_PAGE_ATTRIBUTES: readonly string[] = [
  'document-format-supported',
  'pwg-raster-document-type-supported',
  'pwg-raster-document-resolution-supported',
  'media-default',
  'media-ready',
];

/**
 * A test page in the best format that the device supports; undefined if it supports none.
 * @param device its name in the agent's configuration
 */
export function testPageFor(
  attributes: IppAttributes,
  { title, device, at }: { title: string; device: string; at: Date },
): TestPage | undefined {
  const lines = [
    `Device: ${device}`,
    `Printed: ${at.toISOString().slice(0, 19)} UTC`,
    `By the agent on: ${hostname()}`,
  ];
  const make: Readonly<Record<(typeof TEST_PAGE_FORMATS)[number], () => Buffer | undefined>> = {
    'application/pdf': () => pdfPage(title, lines),
    'text/plain': () => Buffer.from(`${[title, '', ...lines].join('\r\n')}\r\n\f`),
    'image/pwg-raster': () => {
      const format = rasterFormat(attributes);
      return format && pwgRaster(format, rasterPage(format, title, lines));
    },
  };
  const supported = stringsOf(attributes, 'document-format-supported');
  for (const kind of TEST_PAGE_FORMATS) {
    const format = supported.find((one) => one.split(';')[0]!.trim().toLowerCase() === kind);
    const data = format === undefined ? undefined : make[kind]();
    if (format !== undefined && data) return { format, data };
  }
  return undefined;
}

/** One A4 page in a standard font (ISO 32000-1 9.6.2.2). */
function pdfPage(title: string, lines: readonly string[]): Buffer {
  const text = lines.map((line) => `(${pdfText(line)}) Tj T*`).join(' ');
  const content = `BT /F1 24 Tf 72 740 Td (${pdfText(title)}) Tj /F1 12 Tf 18 TL 0 -40 Td ${text} ET`;
  const objects = [
    '<</Type /Catalog /Pages 2 0 R>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>',
    `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
    '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  const trailer = `trailer\n<</Size ${objects.length + 1} /Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(`${body}${table}${trailer}`, 'latin1');
}

/** Replaces characters that the font lacks (it is nearly Latin-1) and escapes delimiters (ISO 32000-1 7.3.4.2). */
const pdfText = (text: string): string => text.replace(/[^ -~\u00a0-\u00ff]/gu, '?').replace(/[\\()]/g, '\\$&');

const A4: Media = { name: 'iso_a4_210x297mm', width: 210, height: 297 };
const LETTER: Media = { name: 'na_letter_8.5x11in', width: 215.9, height: 279.4 };
/** Sizes of paper that the page is made for, in millimetres; not rolls and labels. */
const PAPER = { least: 80, most: 500 };
/** Resolutions that the page is made for, in dots per inch; of several, the one that is the nearest to the wanted one. */
const PER_INCH = { least: 100, most: 2400, wanted: 300 };

/** How the device takes raster; undefined if only in types that cannot be encoded. */
function rasterFormat(attributes: IppAttributes): RasterFormat | undefined {
  const types = stringsOf(attributes, 'pwg-raster-document-type-supported');
  const type = types.length === 0 ? RASTER_TYPES[0] : RASTER_TYPES.find((one) => types.includes(one));
  if (!type) return undefined;
  const resolutions = stringsOf(attributes, 'pwg-raster-document-resolution-supported').flatMap(resolutionOf);
  const far = ({ x, y }: Resolution): number => Math.abs(x - PER_INCH.wanted) + Math.abs(y - PER_INCH.wanted);
  const resolution = resolutions.sort((one, other) => far(one) - far(other))[0] ?? { x: 300, y: 300 };
  const names = ['media-default', 'media-ready'].flatMap((name) => stringsOf(attributes, name));
  const media = names.flatMap(mediaOf)[0] ?? (names.some((name) => name.startsWith('na_')) ? LETTER : A4);
  return { type, resolution, media };
}

/** `300dpi` or `300x600dpi`, as `decodeIpp` gives it; none if it is not in dots per inch, or not for a page. */
function resolutionOf(text: string): Resolution[] {
  const [, x, y = x] = /^(\d+)(?:x(\d+))?dpi$/.exec(text) ?? [];
  const both = [Number(x), Number(y)] as const;
  return both.every((one) => one >= PER_INCH.least && one <= PER_INCH.most) ? [{ x: both[0], y: both[1] }] : [];
}

/** The size in a self-describing name, `iso_a4_210x297mm` (PWG 5101.1); none if it is none, or not of paper for a page. */
function mediaOf(name: string): Media[] {
  const [, width, height, unit] =
    /^[a-z0-9_.-]{1,40}_(\d{1,5}(?:\.\d{1,5})?)x(\d{1,5}(?:\.\d{1,5})?)(mm|in)$/.exec(name) ?? [];
  const both = [width, height].map((length) => Number(length) * (unit === 'in' ? INCH_MM : 1));
  const fits = both.every((length) => length >= PAPER.least && length <= PAPER.most);
  return fits ? [{ name, width: both[0]!, height: both[1]! }] : [];
}
