import type { LoggerService } from '@nestjs/common';
import type { Journal } from '../journal/journal';

/** What Nest itself says, as lines of the journal; how it wires itself up is only of interest at level debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly journal: Journal) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.journal.debug(text(message), fields(rest));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.journal.debug(text(message), fields(rest));
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.journal.debug(text(message), fields(rest));
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.journal.warn(text(message), fields(rest));
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.journal.error(text(message), fields(rest));
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.journal.error(text(message), fields(rest));
  }
}

function text(message: unknown): string {
  if (message instanceof Error) return message.stack ?? message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}

/** Nest puts the name of the part last, and a stack before it. */
function fields(rest: unknown[]): Record<string, unknown> {
  const words = rest.filter((part) => typeof part === 'string');
  return { part: words.at(-1), ...(words.length > 1 ? { stack: words[0] } : {}) };
}
