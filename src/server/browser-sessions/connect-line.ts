import type { SessionEntity } from '../sessions/session.entity';

/** What a technician types to reach the same application from the command line, quoted for a POSIX shell. */
export const connectLine = ({ deviceId, applicationId, reason }: SessionEntity): string =>
  `platen connect ${deviceId} ${applicationId} --reason '${reason.replaceAll("'", `'\\''`)}'`;
