import type { Notice } from '../protocol/notice';
import type { ApiClient } from './api-client';
import { moment } from './formats';
import { storedLogin } from './stored-login';
import { TerminalError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

/** `platen notices`: the newest 50, or of those that have not been read. What a person was shown counts as read. */
export async function notices(io: TerminalIo, options: { json?: boolean; unread?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const { rows, next } = await client.notices(options.unread === true);
  if (options.json) return io.printJson(rows);
  if (rows.length === 0) return io.print(options.unread ? 'There are no new notices.' : 'There are no notices.');
  await show(io, client, rows);
  if (next !== null) io.tell('There are more; the console has all of them.');
}

/**
 * What happened while the technician was away ([0152]). A login does not fail over it: what could not be shown stays
 * unread.
 */
export async function tellUnread(io: TerminalIo, client: ApiClient): Promise<void> {
  try {
    const { rows, next } = await client.notices(true);
    await show(io, client, rows);
    if (next !== null) io.print('There are more: platen notices --unread');
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    io.tell('Whether there is news could not be found out: platen notices --unread');
  }
}

/** They are read one by one: what comes meanwhile has not been seen. */
async function show(io: TerminalIo, client: ApiClient, rows: readonly Notice[]): Promise<void> {
  for (const notice of rows) io.print(line(notice));
  for (const { id, readAt } of rows) if (readAt === null) await client.readNotice(id);
}

const line = (notice: Notice): string => {
  const whose = notice.kind === 'session-halted' ? 'Your session' : `The session of ${notice.userName}`;
  const what = `${notice.deviceName} (${notice.deviceId}/${notice.applicationId})`;
  const told = `${notice.readAt === null ? '*' : ' '} ${moment(notice.at)}  ${whose} with ${what} was halted by a deployment.`;
  return told.replace(/[\n\t]+/g, ' ');
};
