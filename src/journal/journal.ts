import { randomUUID } from 'node:crypto';
import { destination, pino, type Logger } from 'pino';
import { STEPS, type Step } from '../protocol/steps';

/** Fields that never reach a log, whatever object they come in. */
const SECRETS = ['password', 'token', 'sessionId', 'code', 'ticket', 'secret', 'authorization', 'cookie'];

/** The level from which a program logs; `silent` logs nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Moment in microseconds, so that lines of several programs can be put into one order. */
const timestamp = (): string => `,"at":${(performance.timeOrigin + performance.now()).toFixed(3)}`;

/**
 * The one logger of every program: JSON lines on standard error, secrets removed by name.
 * @param level one of LOG_LEVELS
 */
export function createJournal(program: string, level: string): Journal {
  const paths = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const lines = destination({ fd: 2, sync: true });
  lines.on('error', () => undefined); // a log without a reader is no reason to stop
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

  /** One numbered step of a remote session (protocol/steps). `subject` names the remote session where there is one. */
  step(step: Step, subject?: string, fields: Record<string, unknown> = {}): void {
    this.logger.info({ step, remoteSessionId: subject, ...fields }, STEPS[step]);
  }

  /** An unexpected error: logged with an ID that the person who met it can quote. */
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
