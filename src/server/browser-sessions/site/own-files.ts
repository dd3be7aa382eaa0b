import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { noVncFiles } from './novnc-files';
import { PATHS } from './own-paths';
import { VNC_PAGE, VNC_SCRIPT, VNC_STYLE } from './vnc-page';

const CACHED = 'private, max-age=3600';

/** What this server serves of its own to a browser that was let in: the VNC screen. */
export class OwnFiles {
  private readonly noVnc = noVncFiles();
  private readonly texts: Record<string, [type: string, text: string]> = {
    [PATHS.vnc]: ['text/html', VNC_PAGE],
    [`${PATHS.vnc}.css`]: ['text/css', VNC_STYLE],
    [`${PATHS.vnc}.js`]: ['text/javascript', VNC_SCRIPT],
  };

  /** @returns false where there is no such file */
  serve(path: string, request: IncomingMessage, response: ServerResponse, frameAncestors: string): boolean {
    const text = this.texts[path];
    const file = path.startsWith(PATHS.noVnc) ? this.noVnc.get(path.slice(PATHS.noVnc.length)) : undefined;
    if ((!text && !file) || !['GET', 'HEAD'].includes(request.method ?? '')) return false;
    const sources = "script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:";
    response.writeHead(200, {
      'Content-Type': `${text?.[0] ?? 'text/javascript'}; charset=utf-8`,
      'Content-Security-Policy': `default-src 'none'; ${sources}; base-uri 'none'; form-action 'none'; ${frameAncestors}`,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': file ? CACHED : 'no-store',
    });
    if (request.method === 'HEAD' || text) response.end(text?.[1]);
    else if (file)
      createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response);
    return true;
  }
}
