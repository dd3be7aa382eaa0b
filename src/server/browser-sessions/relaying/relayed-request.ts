import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { LIMITS } from '../../../protocol/limits';
import { StreamRefused } from '../../../tunnel/http2-tunnel.errors';
import type { BrowserSession } from '../browser-session';
import { deviceRequest, trailersOf } from '../../../tunnel/device-http/device-request';
import { crossingOf, permits, preflightFor, preflightHeaders, type Crossing } from '../translation/cross-origin';
import type { Origins } from '../translation/device-urls';
import { badAnswerPage, endedPage, PAGES, sendPage, unreachablePage, type Page } from '../pages';
import { hasContent, requestHeaders } from '../translation/request-headers';
import { passInformation, passResponse } from './relayed-response';
import { NotHttp } from '../../../tunnel/device-http/tolerant-http';

/** Methods (RFC 9110 9.2.1) that may be sent again when an idle connection turns out to be closed. */
const SAFE = ['GET', 'HEAD', 'OPTIONS'];

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The browser waits for 100 before it sends its content. */
  readonly expectsContinue: boolean;
  readonly behindProxy: boolean;
  /** Which of the session's sites the request is for. */
  readonly site: number;
  /** The browser shows the pages in a frame of the console. */
  readonly framed: boolean;
  /** Headers that remove what the session's pages have stored, for an answer after its end. */
  readonly clearing: () => OutgoingHttpHeaders;
}

/** Streams one request of a browser to its device, and the response back. */
export class RelayedRequest {
  private answered = false;
  private continued = false;

  constructor(
    private readonly session: BrowserSession,
    private readonly exchange: Exchange,
  ) {}

  async run(): Promise<void> {
    const { request, response } = this.exchange;
    request.on('error', () => undefined); // the browser has gone; the response's `close` follows
    try {
      const origins = await this.session.origins(this.exchange.site);
      if (!origins) return sendPage(response, PAGES.notPages, this.frameAncestors);
      const crossing = crossingOf(request, origins);
      if (crossing && !(await this.isPermitted(crossing, origins)))
        return sendPage(response, PAGES.crossingRefused, this.frameAncestors);
      const mayRepeat = SAFE.includes(request.method ?? '') && !hasContent(request);
      if (await this.attempt(origins, crossing, mayRepeat)) await this.attempt(origins, crossing, false);
    } catch (error) {
      await this.fail(error);
    }
  }

  /** @returns whether to retry on a new connection. @throws StreamRefused; the error that broke the connection */
  private async attempt(origins: Origins, crossing: Crossing | undefined, mayReuse: boolean): Promise<boolean> {
    const { request, response, behindProxy, framed } = this.exchange;
    const { stream, reused } = await this.session.connections(this.exchange.site).take(mayReuse);
    if (response.destroyed) {
      stream.destroy();
      return false;
    }
    const openTo = crossing?.withCredentials === false ? crossing.from : undefined;
    const headers = requestHeaders(request, { origins, behindProxy, withoutCredentials: openTo !== undefined });
    const sent = deviceRequest(request, headers, stream);
    const abandon = () => sent.destroy();
    response.once('close', abandon);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<boolean>((resolve, reject) => {
        sent.once('error', (error) => (reused && !this.answered ? resolve(true) : reject(error)));
        sent.once('close', () => resolve(false));
        sent.once('finish', () => {
          timer = setTimeout(() => sent.destroy(new StreamRefused(504, 'no answer')), LIMITS.BROWSER_ANSWER_MS);
        });
        sent.once('continue', () => this.passContinue());
        sent.on('information', ({ statusCode, headers }) => passInformation(response, statusCode, headers));
        sent.once('upgrade', () => sent.destroy(new Error('an upgrade that was not requested')));
        sent.once('response', (answer) => {
          clearTimeout(timer);
          this.answered = true;
          // the browser may send its content without the 100; it must not be parsed as the next request
          const close = this.exchange.expectsContinue && !this.continued;
          try {
            const { session, frameAncestors } = this;
            passResponse(answer, response, { origins, frameAncestors, framed, openTo, close, session }, sent);
          } catch (error) {
            this.answered = response.headersSent; // Node would not write such a header
            sent.destroy();
            return reject(new Error('it sent a header that cannot be passed on', { cause: error }));
          }
          if (!request.complete) sent.once('close', () => request.unpipe(sent).resume());
        });
        request.once('end', () => {
          if (!sent.writableEnded && request.rawTrailers.length > 0) sent.addTrailers(trailersOf(request));
        });
        request.pipe(sent);
      });
    } finally {
      clearTimeout(timer);
      response.removeListener('close', abandon);
    }
  }

  /**
   * The browser's own question was answered without the device, because it came without the session's cookie; this one
   * replaces it. @throws as `attempt`
   */
  private async isPermitted(crossing: Crossing, origins: Origins): Promise<boolean> {
    const { request, response, behindProxy, site } = this.exchange;
    const preflight = preflightFor(request, behindProxy);
    if (!preflight) return true;
    const { stream } = await this.session.connections(site).take(false);
    const headers = preflightHeaders(preflight, crossing, origins);
    const sent = deviceRequest({ method: 'OPTIONS', url: request.url }, headers, stream);
    const abandon = () => sent.destroy();
    response.once('close', abandon);
    const late = () => sent.destroy(new StreamRefused(504, 'no answer'));
    const timer = setTimeout(late, LIMITS.BROWSER_ANSWER_MS);
    try {
      return await new Promise<boolean>((resolve, reject) => {
        sent.once('error', reject);
        sent.once('close', () => reject(new Error('no answer')));
        sent.once('upgrade', () => sent.destroy(new Error('an upgrade that was not requested')));
        sent.once('response', (answer) => {
          resolve(permits(answer, preflight, crossing, origins));
          answer.on('error', () => undefined).resume();
        });
        sent.end();
      });
    } finally {
      clearTimeout(timer);
      response.removeListener('close', abandon);
    }
  }

  private passContinue(): void {
    if (!this.exchange.expectsContinue || this.continued || this.answered) return;
    this.continued = true;
    this.exchange.response.writeContinue();
  }

  private async fail(error: unknown): Promise<void> {
    const { request, response, clearing } = this.exchange;
    if (this.answered || response.destroyed) return void response.destroy();
    const end = await this.session.causeOfCut();
    request.unpipe().resume();
    if (end) sendPage(response, endedPage(end), this.frameAncestors, clearing());
    else sendPage(response, pageOf(error), this.frameAncestors);
  }

  private get frameAncestors(): string {
    return this.session.frameAncestors;
  }
}

function pageOf(error: unknown): Page {
  if (error instanceof StreamRefused)
    return error.detail === 'no answer' ? PAGES.slow : unreachablePage(error.status, error.detail);
  if (error instanceof NotHttp) return badAnswerPage(error.message);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/^(HPE|ERR_HTTP|ERR_INVALID)_/.test(code)) return badAnswerPage('its header is not readable');
  return unreachablePage(502, 'it closed the connection without an answer');
}
