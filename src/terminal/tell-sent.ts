import { bytes } from './formats';
import type { TerminalIo } from './terminal-io';

/** Shows how much of a file has been sent. */
export const tellSent =
  (io: TerminalIo, all: number) =>
  (sent: number): void =>
    io.tellInPlace(`${bytes(sent)} of ${bytes(all)} (${Math.floor((sent / Math.max(1, all)) * 100)} %) `);
