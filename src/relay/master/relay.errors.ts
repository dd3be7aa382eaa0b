/** A pair's process has exited, or said nothing, before it was ready. */
export class PairFailed extends Error {
  override readonly name = 'PairFailed';
  readonly code = 'pair-failed';
}
