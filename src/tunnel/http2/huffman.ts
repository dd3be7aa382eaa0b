/** Bits of the code of each octet (RFC 7541 Appendix B). The code is canonical: the lengths determine it. */
const LENGTHS = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28],
  ...[28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15],
  ...[6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20],
  ...[20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23],
  ...[24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22],
  ...[22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27],
  ...[24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26],
  ...[26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
];
const EOS_BITS = 30;

/** Of each length: the first code, and the octets in the order of their codes. */
const CODES = (() => {
  const codes: { first: number; octets: number[] }[] = [];
  for (let bits = 0, code = 0; bits <= EOS_BITS; bits++, code *= 2) {
    const octets = LENGTHS.flatMap((length, octet) => (length === bits ? [octet] : []));
    codes.push({ first: code, octets });
    code += octets.length;
  }
  return codes;
})();

/** @returns undefined if the text is not a code, or its end is padded otherwise than RFC 7541 5.2 demands */
export function decodeHuffman(text: Buffer): string | undefined {
  const octets: number[] = [];
  let [code, bits] = [0, 0];
  for (const byte of text)
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      if (++bits > EOS_BITS) return undefined;
      const { first, octets: ofLength } = CODES[bits]!;
      const octet = code >= first ? ofLength[code - first] : undefined;
      if (octet === undefined) continue;
      octets.push(octet);
      code = bits = 0;
    }
  const isPadding = bits < 8 && code === 2 ** bits - 1;
  return isPadding ? Buffer.from(octets).toString('latin1') : undefined;
}
