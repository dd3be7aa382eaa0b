import { request, type IncomingHttpHeaders } from 'node:http';

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}
export interface PlainRequest {
  method?: string;
  /** The request target, if it is not the path of the URL. */
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** One HTTP exchange as it is on the wire: follows no redirect, unpacks nothing, sends any header. */
export function plainHttp(
  url: string,
  { method = 'GET', path, headers, body }: PlainRequest = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const target = path === undefined ? {} : { path };
    const options = { method, headers, ...target, agent: false, signal: AbortSignal.timeout(60_000) };
    const sent = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const whole = Buffer.concat(chunks);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: whole, text: whole.toString('utf8') });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A form as a browser submits it. */
export const form = (fields: Record<string, string>, headers: Record<string, string> = {}): PlainRequest => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(fields).toString(),
});
