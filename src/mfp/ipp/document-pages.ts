import { MFP_LIMITS } from '../mfp-limits';

export const DOCUMENT_FORMATS = [
  'application/octet-stream',
  'application/pdf',
  'image/jpeg',
  'image/pwg-raster',
  'text/plain',
];

/** The mark of each page, and how many of its characters may be in the next chunk. */
const PAGE_MARKS: Readonly<Record<string, RegExp>> = {
  'application/pdf': /\/Type\s{0,4}\/Page(?![A-Za-z])/g,
  'text/plain': /\f(?=[^\f])/g,
  /** The start of a page header (PWG 5102.4 4). */
  'image/pwg-raster': /PwgRaster\0{16}/g,
};
/** First characters of formats that have them. */
const SIGNATURES: Readonly<Record<string, string>> = { '%PDF-': 'application/pdf', RaS2P: 'image/pwg-raster' };
const OVERLAP = 32;

/** Reads a document to its end and counts its pages, if its format marks them; otherwise it counts as one page. */
export async function countPages(document: AsyncIterable<Buffer>, format: string): Promise<number> {
  let held = '';
  let marks = 0;
  let mark: RegExp | undefined;
  let first = true;
  for await (const chunk of document) {
    held += chunk.toString('latin1');
    if (first && held.length >= 5) {
      mark = PAGE_MARKS[SIGNATURES[held.slice(0, 5)] ?? format];
      first = false;
    }
    if (!mark) {
      held = held.slice(0, 5);
      continue;
    }
    const sure = Math.max(0, held.length - OVERLAP);
    marks += [...held.matchAll(mark)].filter(({ index }) => index < sure).length;
    held = held.slice(sure);
  }
  if (mark) marks += [...held.matchAll(mark)].length;
  const pages = mark === PAGE_MARKS['text/plain'] ? marks + 1 : marks;
  return Math.min(Math.max(1, pages), MFP_LIMITS.IPP_PAGES);
}
