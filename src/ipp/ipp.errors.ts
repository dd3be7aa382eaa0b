/** Bytes that are no IPP message, or one that does not end; `message` says where it goes wrong. */
export class IppMalformed extends Error {
  override readonly name = 'IppMalformed';
}
