import { maskTo, rotated } from './mask';

/** RFC 6455 5.2. */
export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** RFC 6455 7.4.1. */
export const PROTOCOL_ERROR = 1002;
export const NO_STATUS = 1005;
export const INVALID_TEXT = 1007;
export const TOO_LARGE = 1009;

/** RFC 6455 7.4.1: closed without a close frame. */
export const ABNORMAL_CLOSURE = 1006;

const FINAL = 0x80;
const MASKED = 0x80;
const NOTHING = Buffer.alloc(0);
/** Without the masking key, which only frames of a client have. Longer frames have one of 10 bytes. */
const SHORT_HEADER_BYTES = 2;
export const MIDDLE_HEADER_BYTES = 4;
export const MIDDLE_PAYLOAD_BYTES = 0xffff;

/** A server's complete message with a short payload. */
export function frame(opcode: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes(payload.length) + payload.length);
  writeHeader(bytes, 0, opcode, payload.length);
  payload.copy(bytes, bytes.length - payload.length);
  return bytes;
}

/** The payload of a close frame (RFC 6455 5.5.1). */
export function closePayload(code: number, reason: Buffer): Buffer {
  if (code === NO_STATUS) return NOTHING;
  const payload = Buffer.allocUnsafe(2 + reason.length);
  payload.writeUInt16BE(code, 0);
  reason.copy(payload, 2);
  return payload;
}

export function headerBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return SHORT_HEADER_BYTES;
  return payloadBytes <= MIDDLE_PAYLOAD_BYTES ? MIDDLE_HEADER_BYTES : MIDDLE_HEADER_BYTES + 6;
}

/** Writes the header of a complete message, `headerBytes(payloadBytes)` long. */
export function writeHeader(to: Buffer, at: number, opcode: number, payloadBytes: number): void {
  to[at] = FINAL | opcode;
  if (payloadBytes < 126) to[at + 1] = payloadBytes;
  else if (payloadBytes <= MIDDLE_PAYLOAD_BYTES) {
    to[at + 1] = 126;
    to.writeUInt16BE(payloadBytes, at + 2);
  } else {
    to[at + 1] = 127;
    to.writeUIntBE(payloadBytes, at + 4, 6);
    to.writeUInt16BE(0, at + 2);
  }
}

/** The longest header of a client's message of at most MIDDLE_PAYLOAD_BYTES. */
export const MASKED_HEADER_BYTES = MIDDLE_HEADER_BYTES + 4;

/**
 * A client's complete message of at most MIDDLE_PAYLOAD_BYTES: its payload is masked, from the pieces that it is made of.
 * @param to where there is room for the payload and MASKED_HEADER_BYTES
 * @param key a new one that cannot be predicted (RFC 6455 10.3)
 * @returns its length
 */
export function writeMasked(
  to: Buffer,
  opcode: number,
  pieces: readonly Buffer[],
  payloadBytes: number,
  key: number,
): number {
  writeHeader(to, 0, opcode, payloadBytes);
  to[1]! |= MASKED;
  let at = headerBytes(payloadBytes);
  to.writeInt32LE(key, at);
  const start = (at += 4);
  for (const piece of pieces) {
    maskTo(piece, to, at, rotated(key, at - start));
    at += piece.length;
  }
  return at;
}
