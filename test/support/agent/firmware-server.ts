import { randomBytes } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Download } from '../../../src/agent/maintenance/firmware-download';
import type { FirmwareSource } from '../../../src/protocol/ad-hoc-command';
import { FirmwareMaker } from '../firmware-maker';
import type { TestCertificate } from '../test-certificate';
import { NO_PROXY } from '../../../src/tunnel/outbound-proxy';

export const FIRMWARE_TOKEN = 't'.repeat(43);
/** Signs the file of every `FirmwareServer`. */
export const PUBLISHER = new FirmwareMaker();

/** Serves one firmware file as the control plane does, with the faults that a test gives it. */
export class FirmwareServer {
  readonly file = randomBytes(200_000);
  /** What was asked for, as `status range`. */
  readonly asked: string[] = [];
  /** Taken one by one: a status in place of the file, or after how many bytes the connection breaks off. */
  readonly faults: ({ status: number } | { breakAfter: number } | 'silent')[] = [];
  /** What is sent, where that is not the file. */
  sent: Buffer = this.file;
  #stop: () => Promise<void> = () => Promise.resolve();
  #url = '';

  static async start(certificate?: TestCertificate): Promise<FirmwareServer> {
    const it = new FirmwareServer();
    const answer = (request: IncomingMessage, response: ServerResponse) => it.#answer(request, response);
    const { key, cert } = certificate ?? {};
    const server = certificate ? createHttps({ key, cert }, answer) : createHttp(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    it.#url = `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/firmware`;
    it.#stop = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    };
    return it;
  }

  get origin(): string {
    return new URL(this.#url).origin;
  }

  /** @param change is signed, too, where it is of the manifest */
  source({ name, version, model, ...change }: Partial<FirmwareSource> = {}): FirmwareSource {
    const signed = { ...(name && { name }), ...(version && { version }), ...(model && { model }) };
    const { product: _product, ...manifest } = PUBLISHER.manifest(this.file, signed);
    return { url: this.#url, token: FIRMWARE_TOKEN, ...manifest, ...change };
  }

  download(change: Partial<Download> = {}): Download {
    const { token, bytes, sha256 } = this.source();
    return { url: this.#url, trust: { pin: 'A'.repeat(43) }, outbound: NO_PROXY, token, bytes, sha256, ...change };
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  #answer({ headers }: IncomingMessage, response: ServerResponse): void {
    const fault = this.faults.shift();
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const authorised = headers.authorization === `Bearer ${FIRMWARE_TOKEN}`;
    const ok = from > 0 ? 206 : 200;
    const status = fault && typeof fault === 'object' && 'status' in fault ? fault.status : authorised ? ok : 401;
    this.asked.push(`${status}${headers.range ? ` ${headers.range}` : ''}`);
    if (fault === 'silent') return;
    if (status >= 300) return void response.writeHead(status).end();
    const { length } = this.sent;
    const range = from > 0 ? { 'content-range': `bytes ${from}-${length - 1}/${length}` } : {};
    response.writeHead(status, { 'content-length': length - from, ...range });
    if (fault && typeof fault === 'object' && 'breakAfter' in fault) {
      response.flushHeaders();
      // in order, below HTTP: a reset could overtake what was sent before
      return void response.write(this.sent.subarray(from, from + fault.breakAfter), () => response.socket?.end());
    }
    response.end(this.sent.subarray(from));
  }
}
