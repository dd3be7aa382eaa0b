import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** The document boxes of a device over HTTP, which records what reaches it. */
export class BoxDevice {
  /** `PUT /boxes/invoices/may.pdf`, in the order in which they began. */
  readonly requests: string[] = [];
  /** Header fields of the latest request. */
  headers: IncomingMessage['headers'] = {};
  connections = 0;
  readonly documents = new Map<string, Buffer>();
  /** Documents are sent without a length. */
  chunked = false;
  /** In place of an answer. */
  answers: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<BoxDevice> {
    const device = new BoxDevice();
    device.#server.on('connection', () => device.connections++);
    await once(device.#server.listen(0, '127.0.0.1'), 'listening');
    return device;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    this.requests.push(`${method} ${url}`);
    this.headers = request.headers;
    if (this.answers) return this.answers(request, response);
    const [, , box, document] = url.split('/');
    if (box === undefined) return json(response, { boxes: ['invoices', 'scans'] });
    const path = `${box}/${document}`;
    if (document === undefined) {
      const names = [...this.documents.keys()].filter((each) => each.startsWith(`${box}/`));
      const documents = names.map((each) => ({
        name: each.split('/')[1],
        bytes: this.documents.get(each)!.length,
        modifiedAt: '2030-01-01T09:00:00.000Z',
      }));
      return json(response, { documents });
    }
    if (method === 'PUT') {
      const content = await buffer(request).catch(() => undefined);
      if (content) this.documents.set(path, content);
      return void response.writeHead(201).end();
    }
    const content = this.documents.get(path);
    if (!content) return void response.writeHead(404).end();
    if (method === 'DELETE') {
      this.documents.delete(path);
      return void response.writeHead(204).end();
    }
    response.setHeader('content-type', 'application/pdf').setHeader('set-cookie', 'device=1');
    if (this.chunked) response.flushHeaders();
    else response.setHeader('content-length', content.length);
    response.end(method === 'HEAD' ? undefined : content);
  }
}

function json(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}
