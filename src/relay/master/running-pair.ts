import type { RpcChannel } from '../../tunnel/rpc-channel';

/** A pair that has been started, wherever it runs. */
export interface RunningPair {
  /** Its process ID, for the log. */
  readonly pid: number;
  readonly channel: RpcChannel;
  /** How it ended; resolves once nothing of it is left. Never rejects. */
  readonly exited: Promise<string>;
  kill(): void;
}
/** @param number of the pair, from 1 */
export type StartPair = (number: number) => RunningPair;
