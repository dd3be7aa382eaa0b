/** The bytes are not a complete IPP message; `message` has the position of the error. */
export class IppMalformed extends Error {
  override readonly name = 'IppMalformed';
}
