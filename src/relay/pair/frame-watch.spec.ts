import { FrameWatch } from './frame-watch';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const [DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE] = [0, 1, 4, 6, 8];

function frame(type: number, length: number): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(length, 0, 3);
  header.writeUInt8(type, 3);
  return Buffer.concat([header, Buffer.alloc(length, HEADERS)]);
}
const opening = [PREFACE, frame(SETTINGS, 18), frame(WINDOW_UPDATE, 4), frame(SETTINGS, 0), frame(PING, 8)];

/** How many bytes have been taken when the frame is seen; undefined if it is not. */
function seenAfter(watch: FrameWatch, bytes: Buffer, step: number): number | undefined {
  for (let at = 0; at < bytes.length; at += step)
    if (watch.take(bytes.subarray(at, at + step))) return Math.min(at + step, bytes.length);
  return undefined;
}

describe.each<[string, () => FrameWatch, Buffer[], Buffer | undefined]>([
  ['the first request', () => FrameWatch.forRequest(), opening, frame(HEADERS, 40)],
  ['a request without a header block', () => FrameWatch.forRequest(), opening, frame(HEADERS, 0)],
  ['no request in a connection that only opens', () => FrameWatch.forRequest(), opening, undefined],
  ['no request in bytes that are not HTTP/2', () => FrameWatch.forRequest(), [Buffer.alloc(5000, 'x')], undefined],
  [
    'the first bytes of a response, after its header block and empty DATA',
    () => FrameWatch.forResponse(),
    [...opening.slice(1), frame(HEADERS, 30), frame(DATA, 0)],
    frame(DATA, 1),
  ],
  ['no response in a refusal', () => FrameWatch.forResponse(), [...opening.slice(1), frame(HEADERS, 30)], undefined],
])('FrameWatch sees %s', (_what, watch, before, wanted) => {
  const [past, bytes] = [Buffer.concat(before), Buffer.concat([...before, ...(wanted ? [wanted] : [])])];
  const expected = wanted && past.length + 9;

  it('byte by byte, with the last byte of the frame header', () => {
    expect(seenAfter(watch(), bytes, 1)).toBe(expected);
  });
  it.each([2, 5, 7, 9, 13, 1000, 100_000])('in pieces of %i bytes', (step) => {
    const all = wanted && Math.min(Math.ceil(expected! / step) * step, bytes.length);
    expect(seenAfter(watch(), bytes, step)).toBe(all);
  });
});
