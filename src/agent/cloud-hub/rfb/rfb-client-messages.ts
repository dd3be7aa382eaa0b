import { RfbRefused, type Pass, type Watch } from './rfb-handshake';

/** Far more encodings than exist. */
const ENCODINGS = 1024;
/** Longest clipboard text that is discarded; a longer one closes the connection. */
const CUT_TEXT_BYTES = 1024 * 1024;
const PIECE_BYTES = 4096;

/**
 * Encodings that do not change the client's messages (RFC 6143 7.7, 7.8): raw, CopyRect, RRE, Hextile, zlib, Tight,
 * ZRLE, cursor, desktop size; JPEG quality (-32 .. -23) and compression level (-256 .. -247). Others announce further
 * messages, which could carry undetected input.
 */
const HARMLESS = [0, 1, 2, 5, 6, 7, 16, -239, -223];
const isHarmless = (encoding: number): boolean =>
  HARMLESS.includes(encoding) || (encoding >= -32 && encoding <= -23) || (encoding >= -256 && encoding <= -247);

const SET_ENCODINGS = 2;
const CLIENT_CUT_TEXT = 6;
/** Bytes after the message type (RFC 6143 7.5). */
const PASSED: Readonly<Record<number, number>> = { 0: 19 /* SetPixelFormat */, 3: 9 /* FramebufferUpdateRequest */ };
const DROPPED: Readonly<Record<number, number>> = { 4: 7 /* KeyEvent */, 5: 5 /* PointerEvent */ };

/** Passes requests for the screen, drops input, and throws on any other message. */
export function* watchClientMessages(pass: Pass): Watch {
  for (;;) {
    const head = yield 1;
    const type = head.readUInt8();
    if (type in PASSED) pass(Buffer.concat([head, yield PASSED[type] ?? 0]));
    else if (type in DROPPED) yield DROPPED[type] ?? 0;
    else if (type === SET_ENCODINGS) yield* watchSetEncodings(pass);
    else if (type === CLIENT_CUT_TEXT) yield* dropCutText();
    else throw new RfbRefused(`the client sent message type ${type}, which is unknown`);
  }
}

function* watchSetEncodings(pass: Pass): Watch {
  const count = (yield 3).readUInt16BE(1);
  if (count > ENCODINGS) throw new RfbRefused(`the client named ${count} encodings`);
  const list = count === 0 ? Buffer.alloc(0) : yield count * 4;
  const kept = Array.from({ length: count }, (_, index) => list.readInt32BE(index * 4)).filter(isHarmless);
  const message = Buffer.alloc(4 + kept.length * 4);
  message.writeUInt8(SET_ENCODINGS);
  message.writeUInt16BE(kept.length, 2);
  for (const [index, encoding] of kept.entries()) message.writeInt32BE(encoding, 4 + index * 4);
  pass(message);
}

function* dropCutText(): Watch {
  let left = (yield 7).readUInt32BE(3);
  if (left > CUT_TEXT_BYTES) throw new RfbRefused(`the client sent a text of ${left} bytes`);
  for (; left > 0; left -= PIECE_BYTES) yield Math.min(left, PIECE_BYTES);
}
