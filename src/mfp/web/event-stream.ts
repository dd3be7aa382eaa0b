import { MFP_LIMITS } from '../mfp-limits';
import type { Exchange } from './exchange';
import { BadRequest } from './web.errors';

let open = 0;

/** `GET /events`: the status as server-sent events (WHATWG HTML 9.2), now and after each change. */
export function eventStream({ request, response, machine }: Exchange): void {
  if (open >= MFP_LIMITS.EVENT_STREAMS) throw new BadRequest('Too many pages are open.', 403);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  open++;
  let number = 0;
  const send = (): void => {
    // a slow reader needs only the newest state, which the next change sends
    if (response.writableNeedDrain) return;
    response.write(`id: ${++number}\nevent: status\ndata: ${JSON.stringify(machine.status)}\n\n`);
  };
  const ping = setInterval(() => response.writableNeedDrain || response.write(': ping\n\n'), MFP_LIMITS.EVENT_PING_MS);
  machine.on('changed', send);
  response.on('close', () => {
    open--;
    clearInterval(ping);
    machine.off('changed', send);
  });
  response.write('retry: 2000\n\n');
  send();
}
