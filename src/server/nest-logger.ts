import type { LoggerService } from '@nestjs/common';
import type { Journal } from '../journal/journal';

/** Writes Nest's own messages to the journal; those about its wiring have level debug. */
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

/** Nest passes the context name last, and a stack before it. */
function fields(rest: unknown[]): { part?: string; stack?: string } {
  const words = rest.filter((part) => typeof part === 'string');
  return { part: words.at(-1), ...(words.length > 1 ? { stack: words[0] } : {}) };
}
