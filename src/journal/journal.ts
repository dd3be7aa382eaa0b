import { randomUUID } from 'node:crypto';
import { destination, pino, type Logger } from 'pino';
import { STEPS, type Step } from '../protocol/steps';
import { wallClockMs } from './wall-clock';

/** Fields that are removed from log lines. */
const SECRETS = ['password', 'token', 'sessionId', 'code', 'ticket', 'secret', 'authorization', 'cookie'];

/** Log levels; `silent` logs nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Time with microseconds, so that lines of several programs can be sorted together. */
const timestamp = (): string => `,"at":${wallClockMs().toFixed(3)}`;

/**
 * The logger of every program: JSON lines on standard error, without fields that contain secrets.
 * @param level one of LOG_LEVELS
 */
export function createJournal(program: string, level: string): Journal {
  const paths = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const lines = destination({ fd: 2, sync: true });
  lines.on('error', () => undefined); // a closed log pipe must not stop the program
  const logger = pino(
    { level, base: { program, pid: process.pid }, timestamp, redact: { paths, censor: '[secret]' } },
    lines,
  );
  return new Journal(logger);
}

export class Journal {
  constructor(readonly logger: Logger) {}

  child(fields: Record<string, unknown>): Journal {
    return new Journal(this.logger.child(fields));
  }

  /** Logs a numbered step (protocol/steps). @param subject remote session ID, if any */
  step(step: Step, subject?: string, fields: Record<string, unknown> = {}): void {
    this.logger.info({ step, remoteSessionId: subject, ...fields }, STEPS[step]);
  }

  /** Logs an unexpected error. @returns the incident ID, for the message to the user */
  unexpected(error: unknown, doing: string): string {
    const incident = randomUUID();
    this.logger.error({ err: error, incident }, `unexpected error while ${doing}`);
    return incident;
  }

  debug(message: string, fields: Record<string, unknown> = {}): void {
    this.logger.debug(fields, message);
  }
  info(message: string, fields: Record<string, unknown> = {}): void {
    this.logger.info(fields, message);
  }
  warn(message: string, fields: Record<string, unknown> = {}): void {
    this.logger.warn(fields, message);
  }
  error(message: string, fields: Record<string, unknown> = {}): void {
    this.logger.error(fields, message);
  }
}
