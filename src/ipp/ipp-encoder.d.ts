/** What Platen uses of ipp-encoder 5.0.0, which carries no types. */
declare module 'ipp-encoder' {
  export type Value = number | boolean | string | Date | { lang: string; value: string };

  interface Attribute {
    /** Of an attribute with several values: that of the first one. */
    readonly tag: number;
    readonly name: string;
    readonly value: Value | readonly Value[];
  }
  interface Message {
    readonly version?: { readonly major: number; readonly minor: number };
    readonly requestId: number;
    readonly groups: readonly { readonly tag: number; readonly attributes: readonly Attribute[] }[];
    readonly data?: Buffer;
  }
  type Request = Message & { readonly operationId: number };

  export const CONSTANTS: Readonly<Record<string, number>>;
  export const STATUS_CODES: Readonly<Record<number, string | undefined>>;
  /** Requests and responses differ in the name of one field only. */
  export const request: {
    /** Takes the lengths in the bytes as they are: negative ones keep it in a loop. Decoded values are always lists. */
    decode(bytes: Buffer): Request & Required<Pick<Message, 'version'>>;
    encode(message: Request, into: Buffer): Buffer;
    encodingLength(message: Request): number;
  };
}
