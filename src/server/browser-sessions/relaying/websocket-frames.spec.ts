import { WebSocketFrames } from './websocket-frames';

const frame = (length: number, masked = false): Buffer => {
  const bit = masked ? 0x80 : 0;
  const head =
    length < 126
      ? [0x82, bit | length]
      : length < 65_536
        ? [0x82, bit | 126, length >> 8, length & 255]
        : [0x82, bit | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >> shift) & 255)];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length + (masked ? 4 : 0), 0x88)]);
};

describe('the frames of a WebSocket', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('are delimited correctly: %s bytes', (length) => {
    for (const masked of [false, true]) {
      const frames = new WebSocketFrames();
      const bytes = Buffer.concat([frame(length, masked), frame(3)]);
      expect(frames.betweenFrames).toBe(true);
      frames.see(bytes.subarray(0, 1));
      expect(frames.betweenFrames).toBe(false);
      frames.see(bytes.subarray(1, -1));
      expect(frames.betweenFrames).toBe(false);
      frames.see(bytes.subarray(-1));
      expect(frames.betweenFrames).toBe(true);
    }
  });
  it('are recognized when they arrive byte by byte', () => {
    const frames = new WebSocketFrames();
    for (const byte of Buffer.concat([frame(300), frame(0), frame(70_000)])) frames.see(Buffer.from([byte]));
    expect(frames.betweenFrames).toBe(true);
  });
});
