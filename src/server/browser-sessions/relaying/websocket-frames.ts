/** RFC 6455 5.5.1: close, "going away", unmasked as a server sends it. */
export const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** Follows the frames (RFC 6455 5.2) in a WebSocket's bytes, to know where another frame may be inserted. */
export class WebSocketFrames {
  private header: number[] = [];
  /** Remaining bytes of the current frame. */
  private remaining = 0n;

  get betweenFrames(): boolean {
    return this.header.length === 0 && this.remaining === 0n;
  }

  see(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.remaining > 0n) {
        const here = bytes.length - at;
        const taken = this.remaining < BigInt(here) ? Number(this.remaining) : here;
        this.remaining -= BigInt(taken);
        at += taken;
        continue;
      }
      this.header.push(bytes[at++]!);
      const length = payloadLength(this.header);
      if (length === undefined) continue;
      this.remaining = length;
      this.header = [];
    }
  }
}

/** undefined: the header is not complete. A masking key counts as payload. */
function payloadLength(header: number[]): bigint | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const extended = { 126: 2, 127: 8 }[second & 0x7f] ?? 0;
  if (header.length < 2 + extended) return undefined;
  const mask = second & 0x80 ? 4n : 0n;
  if (extended === 0) return BigInt(second & 0x7f) + mask;
  return BigInt(`0x${Buffer.from(header.slice(2)).toString('hex')}`) + mask;
}
