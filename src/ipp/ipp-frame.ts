import { IppMalformed } from './ipp.errors';

const HEADER_BYTES = 8;
const END_OF_ATTRIBUTES = 0x03;
const LAST_DELIMITER = 0x0f;
const TEXT_WITH_LANGUAGE = [0x35, 0x36];
/** Syntaxes of fixed length (RFC 8010 3.9): integer, boolean, enum, dateTime, resolution, rangeOfInteger. */
const FIXED_LENGTHS: Readonly<Record<number, number>> = { 0x21: 4, 0x22: 1, 0x23: 4, 0x31: 11, 0x32: 9, 0x33: 8 };

/**
 * Checks the lengths of all attributes of an IPP message (RFC 8010 3.1) in one pass, before a decoder uses them.
 * @param onValue called for each value, in order
 * @returns offset of the document after the attributes
 * @throws IppMalformed
 */
export function attributesEnd(bytes: Buffer, onValue?: (tag: number, value: Buffer) => void): number {
  let at = HEADER_BYTES;
  let inGroup = false;
  let inAttribute = false;
  const need = (count: number): void => {
    if (at + count > bytes.length) throw new IppMalformed(`it ends after ${bytes.length} bytes`);
  };
  /** Skips a length field and its bytes. */
  const skip = (): number => {
    need(2);
    const length = bytes.readUInt16BE(at);
    if (length > 0x7fff) throw new IppMalformed(`a length is negative, at byte ${at}`);
    at += 2;
    need(length);
    at += length;
    return length;
  };
  for (;;) {
    need(1);
    const tag = bytes[at++]!;
    if (tag === END_OF_ATTRIBUTES) return at;
    if (tag > 0x7f || tag === 0) throw new IppMalformed(`tag ${tag} is unknown, at byte ${at - 1}`);
    if (tag <= LAST_DELIMITER) {
      inGroup = true;
      inAttribute = false;
      continue;
    }
    if (!inGroup) throw new IppMalformed('an attribute is outside of a group');
    if (skip() > 0) inAttribute = true;
    else if (!inAttribute) throw new IppMalformed(`a value belongs to no attribute, at byte ${at}`);
    const length = skip();
    if (length !== (FIXED_LENGTHS[tag] ?? length))
      throw new IppMalformed(`a value of syntax ${tag} has ${length} bytes, before byte ${at}`);
    const value = bytes.subarray(at - length, at);
    if (TEXT_WITH_LANGUAGE.includes(tag)) checkTwoStrings(value);
    onValue?.(tag, value);
  }
}

/** textWithLanguage and nameWithLanguage (RFC 8010 3.9) consist of two strings with their lengths. */
function checkTwoStrings(value: Buffer): void {
  const language = value.length < 4 ? 0 : value.readUInt16BE(0);
  const rest = value.length - 4 - language;
  if (rest < 0 || value.readUInt16BE(2 + language) !== rest)
    throw new IppMalformed('the lengths of a text with language do not match its value');
}
