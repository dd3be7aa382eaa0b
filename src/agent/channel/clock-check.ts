import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';

/** Compares the clock of this computer with that of the server, and logs once that it is wrong, and that it is right again. */
export class ClockCheck {
  #isWrong = false;

  constructor(private readonly journal: Journal) {}

  compare(server: Date, own = new Date()): void {
    const isWrong = Math.abs(own.getTime() - server.getTime()) > LIMITS.CLOCK_TOLERANCE_MS;
    if (isWrong === this.#isWrong) return;
    this.#isWrong = isWrong;
    const clocks = { ownTime: toInstant(own), serverTime: toInstant(server) };
    if (!isWrong) return this.journal.info('the clock of this computer is right again', clocks);
    this.journal.error(
      'the clock of this computer is wrong; set it, and have it set by NTP. Until then, times in logs and records are wrong, ' +
        'access conditions follow wrong hours, and certificates may look expired or not valid yet',
      clocks,
    );
  }
}
