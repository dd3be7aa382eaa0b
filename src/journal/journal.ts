import { randomUUID } from 'node:crypto';
import { pino, stdSerializers, type Logger } from 'pino';
import { ProblemError, type ProblemCode } from '../protocol/problems';
import { STEPS, type Step } from '../protocol/steps';
import type { LogFields, OnlyLogFields } from './log-fields';
import { standardError, type LogLines } from './standard-error';
import { wallClockMs } from './wall-clock';

/** Fields that are removed from log lines; `parameters` are those of a database statement that failed. */
const SECRETS = [
  ...['password', 'token', 'sessionId', 'code', 'ticket', 'secret', 'authorization', 'cookie'],
  'parameters',
];

/** The code of an error is no secret. It gets a name of its own, because a secret may be a field `code` of an error. */
const ERROR_CODE = /^[A-Z0-9_]{3,40}$/;
const codeOf = (error: { code?: unknown } | undefined): { errorCode?: string } =>
  typeof error?.code === 'string' && ERROR_CODE.test(error.code) ? { errorCode: error.code } : {};
const serialized = (error: Error): object => {
  const { driverError } = error as { driverError?: { code?: unknown } };
  const own = { ...codeOf(driverError), ...codeOf(error as { code?: unknown }) };
  const { code, driverError: _of, ...shown } = stdSerializers.err(error) as Record<string, unknown>;
  return { ...own, ...shown, ...(own.errorCode === undefined && code !== undefined && { code }) };
};

/** A number is no secret either, as the code of a closed connection (1006). */
const censor = (value: unknown): unknown => (typeof value === 'number' ? value : '[secret]');

/** Each lasts for a while, in which everything fails with it; its begin and its end are logged. */
const LOGGED_BEFORE: readonly ProblemCode[] = ['database-unavailable', 'storage-full'];

/** Log levels; `silent` logs nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** ISO 8601 with microseconds, so that lines of several programs can be sorted together. */
function instant(ms: number): string {
  const microseconds = Math.floor(ms * 1000);
  const whole = Math.floor(microseconds / 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(microseconds - whole * 1000).padStart(3, '0')}Z`;
}

/**
 * The logger of every program: JSON lines on standard error, without fields that contain secrets.
 * @param level one of LOG_LEVELS
 */
export function createJournal(program: string, level: string, lines: LogLines = standardError()): Journal {
  const paths = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const logger = pino(
    {
      level,
      base: { program, pid: process.pid },
      timestamp: () => `,"time":"${instant(wallClockMs())}"`,
      formatters: { level: (level) => ({ level }) },
      redact: { paths, censor },
      serializers: { err: serialized },
    },
    lines,
  );
  const journal = new Journal(logger);
  lines.onMissing?.((missingLines) =>
    journal.warn('lines of this log are missing: they were not read', { missingLines }),
  );
  return journal;
}

const NONE: LogFields = {};

export class Journal {
  constructor(readonly logger: Logger) {}

  child<F extends LogFields>(fields: OnlyLogFields<F>): Journal {
    return new Journal(this.logger.child(fields));
  }

  /** Logs a numbered step (protocol/steps). @param subject remote session ID, if any */
  step<F extends LogFields>(step: Step, subject?: string, fields?: OnlyLogFields<F>): void {
    this.logger.info({ step, remoteSessionId: subject, ...fields }, STEPS[step]);
  }

  /** Logs an unexpected error; one with a code in one line. @returns the incident ID, for the message to the user */
  unexpected(error: unknown, doing: string): string {
    const incident = randomUUID();
    if (error instanceof ProblemError) {
      const level = LOGGED_BEFORE.includes(error.code) ? 'debug' : 'warn';
      this.logger[level]({ problem: error.code, incident }, `failed while ${doing}`);
    } else this.logger.error({ err: error, incident }, `unexpected error while ${doing}`);
    return incident;
  }

  debug<F extends LogFields>(message: string, fields?: OnlyLogFields<F>): void {
    this.logger.debug(fields ?? NONE, message);
  }
  info<F extends LogFields>(message: string, fields?: OnlyLogFields<F>): void {
    this.logger.info(fields ?? NONE, message);
  }
  warn<F extends LogFields>(message: string, fields?: OnlyLogFields<F>): void {
    this.logger.warn(fields ?? NONE, message);
  }
  error<F extends LogFields>(message: string, fields?: OnlyLogFields<F>): void {
    this.logger.error(fields ?? NONE, message);
  }
}
