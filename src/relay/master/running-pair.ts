import type { RpcChannel } from '../../tunnel/rpc-channel';

/** A started pair: a process or, in tests, an object in this one. */
export interface RunningPair {
  /** Its process ID, for the log. */
  readonly pid: number;
  readonly channel: RpcChannel;
  /** How it exited; resolves after it has exited completely. Never rejects. */
  readonly exited: Promise<string>;
  kill(): void;
}
/** @param number of the pair, from 1 */
export type StartPair = (number: number) => RunningPair;
