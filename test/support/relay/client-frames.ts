export interface ClientFrame {
  /** RFC 6455 5.2; 2: binary. */
  readonly opcode?: number;
  readonly payload?: Buffer | string;
  readonly isFinal?: boolean;
  /** RSV1 to RSV3, as three bits. */
  readonly reserved?: number;
  /** undefined: not masked. */
  readonly key?: Buffer | undefined;
  /** Announced in place of the real length. */
  readonly length?: bigint;
  /** Bytes of the extended length, in place of the fewest possible. */
  readonly lengthBytes?: 0 | 2 | 8;
}

const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** The same frame, right or wrong, of a server: it does not mask those that a client masks. */
export const ofServer = (frame: ClientFrame): ClientFrame => ({
  ...frame,
  key: 'key' in frame && frame.key === undefined ? KEY : undefined,
});

/** A frame as a client sends it, or as none should. */
export function clientFrame({ opcode = 2, isFinal = true, reserved = 0, ...frame }: ClientFrame): Buffer {
  const payload = Buffer.from(frame.payload ?? '');
  const key = 'key' in frame ? frame.key : KEY;
  const length = frame.length ?? BigInt(payload.length);
  const lengthBytes = frame.lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const second = (key ? 0x80 : 0) | (lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127);
  const extended = Buffer.alloc(8);
  extended.writeBigUInt64BE(length);
  return Buffer.concat([
    Buffer.from([first, second]),
    extended.subarray(8 - lengthBytes),
    key ?? Buffer.alloc(0),
    key ? masked(payload, key) : payload,
  ]);
}

function masked(payload: Buffer, key: Buffer): Buffer {
  const bytes = Buffer.from(payload);
  for (let at = 0; at < bytes.length; at++) bytes[at]! ^= key[at % 4]!;
  return bytes;
}
