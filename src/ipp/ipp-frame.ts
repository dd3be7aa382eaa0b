import { IppMalformed } from './ipp.errors';

const HEADER_BYTES = 8;
const END_OF_ATTRIBUTES = 0x03;
const LAST_DELIMITER = 0x0f;

/** The start of a group, or one value; the name of a further value of an attribute is empty. */
export type IppField =
  { readonly group: number } | { readonly tag: number; readonly name: string; readonly value: Buffer };

/**
 * The groups and values of an IPP message (RFC 8010 3.1) in order; returns the offset of the document after them. Only
 * what makes the rest unreadable is an error: what a value contains is not checked.
 * @throws IppMalformed
 */
export function* ippFields(bytes: Buffer): Generator<IppField, number> {
  let at = HEADER_BYTES;
  let inGroup = false;
  let inAttribute = false;
  const need = (count: number): void => {
    if (at + count > bytes.length) throw new IppMalformed(`it ends after ${bytes.length} bytes`);
  };
  /** A length field and its bytes. */
  const read = (): Buffer => {
    need(2);
    const length = bytes.readUInt16BE(at);
    if (length > 0x7fff) throw new IppMalformed(`a length is negative, at byte ${at}`);
    at += 2;
    need(length);
    at += length;
    return bytes.subarray(at - length, at);
  };
  for (;;) {
    need(1);
    const tag = bytes[at++]!;
    if (tag === END_OF_ATTRIBUTES) return at;
    if (tag === 0) throw new IppMalformed(`tag ${tag} is unknown, at byte ${at - 1}`);
    if (tag <= LAST_DELIMITER) {
      inGroup = true;
      inAttribute = false;
      yield { group: tag };
      continue;
    }
    if (!inGroup) throw new IppMalformed('an attribute is outside of a group');
    const name = read().toString('utf8');
    if (name === '' && !inAttribute) throw new IppMalformed(`a value belongs to no attribute, at byte ${at}`);
    inAttribute = true;
    yield { tag, name, value: read() };
  }
}
