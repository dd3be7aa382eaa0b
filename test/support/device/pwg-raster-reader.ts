/** One page of a PWG raster document, with grey values of its pixels: 0 is black. */
export interface ReadPage {
  readonly header: Buffer;
  readonly field: (offset: number) => number;
  readonly lines: Buffer[];
}

/** Reads PWG raster as a printer does (PWG 5102.4 4), and throws where it is not well-formed. */
export function readPwgRaster(document: Buffer): ReadPage[] {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > document.length) throw new Error(`cut off at byte ${document.length}`);
    return document.subarray(at, (at += length));
  };
  if (take(4).toString('latin1') !== 'RaS2') throw new Error('no synchronisation word');
  const pages: ReadPage[] = [];
  while (at < document.length) {
    const header = take(1796);
    if (header.toString('latin1', 0, 10) !== 'PwgRaster\0') throw new Error('no page header');
    const field = (offset: number): number => header.readUInt32BE(offset);
    const [width, height, bits, bytes] = [field(372), field(376), field(388), field(392)];
    const unit = Math.max(1, bits / 8);
    const lines: Buffer[] = [];
    while (lines.length < height) {
      const equal = take(1)[0]! + 1;
      const line: Buffer[] = [];
      for (let left = bytes; left > 0;) {
        const code = take(1)[0]!;
        if (code === 128) throw new Error('a code of CUPS raster');
        const part = code < 128 ? Buffer.concat(Array<Buffer>(code + 1).fill(take(unit))) : take((257 - code) * unit);
        line.push(part);
        left -= part.length;
        if (left < 0) throw new Error('a run goes over the end of its line');
      }
      const grey = greyOf(Buffer.concat(line), bits).subarray(0, width);
      for (let count = 0; count < equal; count++) lines.push(grey);
    }
    if (lines.length > height) throw new Error('more lines than the page is high');
    pages.push({ header, field, lines });
  }
  return pages;
}

function greyOf(line: Buffer, bits: number): Buffer {
  if (bits === 8) return line;
  if (bits === 1)
    return Buffer.from(
      [...line].flatMap((byte) => [...Array(8).keys()].map((at) => ((byte >> (7 - at)) & 1 ? 0 : 255))),
    );
  return Buffer.from(Array.from({ length: line.length / 3 }, (_, at) => line[at * 3]!));
}

/** What a person sees from a pixel on: `#` where the middle of a square cell is dark. */
export const seenAt = ({ lines }: ReadPage, from: { x: number; y: number }, cells: [number, number], size: number) =>
  Array.from({ length: cells[1] }, (_, down) =>
    Array.from({ length: cells[0] }, (_, across) => {
      const middle = (at: number): number => Math.floor((at + 0.5) * size);
      return lines[from.y + middle(down)]![from.x + middle(across)]! < 128 ? '#' : ' ';
    }).join(''),
  );
