/** A pair's process exited, or did not report in time, before it was ready. */
export class PairFailed extends Error {
  override readonly name = 'PairFailed';
  readonly code = 'pair-failed';
}
