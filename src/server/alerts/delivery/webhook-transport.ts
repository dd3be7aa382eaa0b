import { Inject, Injectable } from '@nestjs/common';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { productVersion } from '../../../journal/product-version';
import { LIMITS } from '../../../protocol/limits';
import { withTimeLimit } from '../../../tunnel/time-limit';
import { CONFIG, type Config } from '../../config/config';
import { PermittedAddresses } from './permitted-addresses';
import { signatureHeaders } from './signature';
import type { WebhookEndpoint } from './webhook.entity';

const GONE = 410;

/** A delivery was not accepted. `permanent`: the receiver does not want it again. */
export class WebhookFailed extends Error {
  override readonly name = 'WebhookFailed';
  constructor(
    message: string,
    readonly permanent = false,
  ) {
    super(message);
  }
}

/** Sends webhooks, each over its own connection. */
@Injectable()
export class WebhookTransport {
  /** Milliseconds for all of an attempt. */
  timeoutMs: number = LIMITS.WEBHOOK_TIMEOUT_MS;
  private readonly addresses: PermittedAddresses;

  constructor(@Inject(CONFIG) config: Config) {
    this.addresses = new PermittedAddresses(config.webhookNetworks);
  }

  /** @param id of the delivery @throws WebhookFailed */
  async send(endpoint: WebhookEndpoint, id: string, body: string, stopping: AbortSignal): Promise<void> {
    const status = await withTimeLimit(
      this.timeoutMs,
      stopping,
      (signal) =>
        this.post(new URL(endpoint.url), body, signatureHeaders(endpoint.secret, id, new Date(), body), signal),
      () => new WebhookFailed(`no answer within ${this.timeoutMs / 1000} seconds`),
    ).catch((error: unknown) => {
      throw error instanceof WebhookFailed ? error : new WebhookFailed(reasonOf(error));
    });
    if (status >= 200 && status < 300) return;
    if (status >= 300 && status < 400)
      throw new WebhookFailed(`the receiver answered with the redirection HTTP ${status}, which is not followed`);
    throw new WebhookFailed(`the receiver answered with HTTP ${status}`, status === GONE);
  }

  /** @returns the status; the rest of the answer is not read */
  private async post(url: URL, body: string, signature: Record<string, string>, signal: AbortSignal): Promise<number> {
    this.addresses.check(url.hostname);
    const open: typeof httpRequest = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = {
      ...signature,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': `Platen/${productVersion()}`,
    };
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, agent: false, lookup: this.addresses.lookup, signal } as const;
      const request = open(url, options, (answer) => {
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      });
      request.on('error', reject).end(body);
    });
  }
}

/** Without the address: its path may be a secret. */
function reasonOf(error: unknown): string {
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: unknown[] };
  if (errors?.[0]) return reasonOf(errors[0]); // one for each address of the name
  return code ? `${code}: ${message}` : message;
}
