/** RFC 9113 6. */
export const DATA = 0x0;
export const HEADERS = 0x1;
export const PRIORITY = 0x2;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PUSH_PROMISE = 0x5;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;
export const CONTINUATION = 0x9;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const WITH_PRIORITY = 0x20;

/** RFC 9113 7. */
export const NO_ERROR = 0x0;
export const PROTOCOL_ERROR = 0x1;
export const INTERNAL_ERROR = 0x2;
export const FLOW_CONTROL_ERROR = 0x3;
export const STREAM_CLOSED = 0x5;
export const FRAME_SIZE_ERROR = 0x6;
export const REFUSED_STREAM = 0x7;
export const CANCEL = 0x8;
export const COMPRESSION_ERROR = 0x9;
export const ENHANCE_YOUR_CALM = 0xb;

/** RFC 9113 6.5.2. */
export const ENABLE_PUSH = 0x2;
export const MAX_CONCURRENT_STREAMS = 0x3;
export const INITIAL_WINDOW_SIZE = 0x4;
export const MAX_FRAME_SIZE = 0x5;
export const MAX_HEADER_LIST_SIZE = 0x6;

/** RFC 9113 3.4. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** RFC 9113 4.1. */
export const FRAME_HEADER_BYTES = 9;
/** Of a connection and of a stream before any settings (RFC 9113 6.9.2). */
export const DEFAULT_WINDOW_BYTES = 65_535;
export const MOST_WINDOW_BYTES = 2 ** 31 - 1;
/** That each end accepts (RFC 9113 4.2). */
export const LEAST_FRAME_BYTES = 16_384;

/** A violation that ends the connection (RFC 9113 5.4.1). */
export class Http2Violation extends Error {
  override readonly name = 'Http2Violation';

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export function frameHeader(length: number, type: number, flags: number, streamId: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUIntBE(length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return header;
}

export const frame = (type: number, flags: number, streamId: number, payload: Buffer): Buffer =>
  Buffer.concat([frameHeader(payload.length, type, flags, streamId), payload]);

/** RST_STREAM or WINDOW_UPDATE. */
export function numberFrame(type: number, streamId: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value);
  return frame(type, 0, streamId, payload);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(settings.length * 6);
  settings.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(SETTINGS, 0, 0, payload);
}

/** @throws Http2Violation */
export function* settingsIn(payload: Buffer): Generator<[id: number, value: number]> {
  if (payload.length % 6 !== 0) throw new Http2Violation(FRAME_SIZE_ERROR, 'settings of an impossible length');
  for (let at = 0; at < payload.length; at += 6) yield [payload.readUInt16BE(at), payload.readUInt32BE(at + 2)];
}

export function goawayFrame(lastStreamId: number, code: number): Buffer {
  const payload = Buffer.allocUnsafe(8);
  payload.writeUInt32BE(lastStreamId, 0);
  payload.writeUInt32BE(code, 4);
  return frame(GOAWAY, 0, 0, payload);
}

/** The content of a frame without padding and priority (RFC 9113 6.1, 6.2). @throws Http2Violation */
export function withoutPadding(payload: Buffer, flags: number): Buffer {
  const isPadded = (flags & PADDED) !== 0;
  const start = (isPadded ? 1 : 0) + ((flags & WITH_PRIORITY) !== 0 ? 5 : 0);
  const padding = isPadded ? (payload[0] ?? 0) : 0;
  if (payload.length < start + padding) throw new Http2Violation(PROTOCOL_ERROR, 'more padding than frame');
  return payload.subarray(start, payload.length - padding);
}
