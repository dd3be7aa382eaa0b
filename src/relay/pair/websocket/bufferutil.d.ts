declare module 'bufferutil' {
  /** Unmasks the source in place with a key of four bytes. */
  export function unmask(source: Uint8Array, mask: Uint8Array): void;
}
