import { IppMalformed } from './ipp.errors';

const HEADER_BYTES = 8;
const END_OF_ATTRIBUTES = 0x03;
const LAST_DELIMITER = 0x0f;
const TEXT_WITH_LANGUAGE = [0x35, 0x36];
/** Values whose length their syntax gives (RFC 8010 3.9): integer, boolean, enum, dateTime, resolution, rangeOfInteger. */
const FIXED_LENGTHS: Readonly<Record<number, number>> = { 0x21: 4, 0x22: 1, 0x23: 4, 0x31: 11, 0x32: 9, 0x33: 8 };

/**
 * Walks over the attributes of an IPP message (RFC 8010 3.1) without reading them, so that no length leads out of the
 * bytes or backwards. One pass: its time is that of their number.
 * @returns where the attributes end and the document begins
 * @throws IppMalformed
 */
export function attributesEnd(bytes: Buffer): number {
  let at = HEADER_BYTES;
  let inGroup = false;
  let inAttribute = false;
  const need = (count: number): void => {
    if (at + count > bytes.length) throw new IppMalformed(`it breaks off after ${bytes.length} bytes`);
  };
  /** Moves over a length and what it counts. */
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
    if (tag > 0x7f || tag === 0) throw new IppMalformed(`tag ${tag} means nothing, at byte ${at - 1}`);
    if (tag <= LAST_DELIMITER) {
      inGroup = true;
      inAttribute = false;
      continue;
    }
    if (!inGroup) throw new IppMalformed('an attribute stands outside every group');
    if (skip() > 0) inAttribute = true;
    else if (!inAttribute) throw new IppMalformed(`a value belongs to no attribute, at byte ${at}`);
    const length = skip();
    if (length !== (FIXED_LENGTHS[tag] ?? length))
      throw new IppMalformed(`a value of syntax ${tag} has ${length} bytes, before byte ${at}`);
    if (TEXT_WITH_LANGUAGE.includes(tag)) checkTwoStrings(bytes.subarray(at - length, at));
  }
}

/** textWithLanguage and nameWithLanguage (RFC 8010 3.9): two strings with their lengths, and nothing else. */
function checkTwoStrings(value: Buffer): void {
  const language = value.length < 4 ? 0 : value.readUInt16BE(0);
  const rest = value.length - 4 - language;
  if (rest < 0 || value.readUInt16BE(2 + language) !== rest)
    throw new IppMalformed('a text with its language does not fill its value');
}
