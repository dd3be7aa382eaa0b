declare module 'bufferutil' {
  /** Masks `length` bytes of the source with a key of four bytes, into the target at an offset. */
  export function mask(source: Uint8Array, key: Uint8Array, target: Uint8Array, at: number, length: number): void;
  /** Unmasks the source in place with a key of four bytes. */
  export function unmask(source: Uint8Array, key: Uint8Array): void;
}
