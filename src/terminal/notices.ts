import type { Notice } from '../protocol/notice';
import type { ApiClient } from './api-client';
import { minute } from './formats';
import { storedLogin } from './credentials';
import { TerminalError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

/** `platen notices`: shows the newest 50, or the newest unread ones, and marks them as read. */
export async function notices(io: TerminalIo, options: { json?: boolean; unread?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const { rows, next } = await client.notices(options.unread === true);
  if (options.json) return io.printJson(rows);
  if (rows.length === 0) return io.print(options.unread ? 'No unread notices.' : 'No notices.');
  await show(io, client, rows);
  if (next !== null) io.report('There are more. See the console for all of them.');
}

/** Notices since the last login ([0152]). An error here does not fail the login; notices not shown remain unread. */
export async function showUnread(io: TerminalIo, client: ApiClient): Promise<void> {
  try {
    const { rows, next } = await client.notices(true);
    await show(io, client, rows);
    if (next !== null) io.print('There are more: platen notices --unread');
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    io.report('Your notices could not be loaded. Try again later: platen notices --unread');
  }
}

/** Marks each notice separately, because one that arrives meanwhile has not been shown. */
async function show(io: TerminalIo, client: ApiClient, rows: readonly Notice[]): Promise<void> {
  for (const notice of rows) io.print(line(notice));
  for (const { id, readAt } of rows) if (readAt === null) await client.readNotice(id);
}

const line = (notice: Notice): string =>
  `${notice.readAt === null ? '*' : ' '} ${minute(notice.at)}  ${text(notice)}`.replace(/[\n\t]+/g, ' ');

function text(notice: Notice): string {
  if (notice.kind === 'agent-refused')
    return `A second installation of agent ${notice.agentId} was refused: see Agents in the console.`;
  const whose = notice.kind === 'session-halted' ? 'Your session' : `${notice.userName}'s session`;
  const what = `${notice.deviceName} (${notice.deviceId}/${notice.applicationId})`;
  return `${whose} with ${what} was interrupted by a deployment.`;
}
