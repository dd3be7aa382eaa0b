/** The part of ipp-encoder 5.0.0 (which ships no types) that Platen uses. */
declare module 'ipp-encoder' {
  type Value = number | boolean | string;

  interface Attribute {
    /** Tag of the first value. */
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
  /** Also for responses, which differ only in the name of one field. */
  export const request: {
    encode(message: Request, into: Buffer): Buffer;
    encodingLength(message: Request): number;
  };
}
