import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Metrics } from '../../http/metrics';

/** What external clients do, for `/metrics`. The only label from outside is the ID of a known client. */
@Injectable()
export class ClientMetrics {
  private readonly tokens: Counter<'result'>;
  private readonly requests: Counter<'client' | 'status'>;

  constructor(metrics: Metrics) {
    this.tokens = new Counter({
      name: 'platen_client_tokens_total',
      help: 'Requests of external clients for access tokens',
      labelNames: ['result'],
      registers: [metrics.registry],
    });
    this.requests = new Counter({
      name: 'platen_client_requests_total',
      help: 'Requests of external clients with an access token',
      labelNames: ['client', 'status'],
      registers: [metrics.registry],
    });
  }

  /** @param result `limited`: too many failures or requests */
  token(result: 'issued' | 'refused' | 'limited'): void {
    this.tokens.inc({ result });
  }

  /** @param status as a class, `4xx`, so that there are at most four series of each client */
  request(clientId: string, status: number): void {
    this.requests.inc({ client: clientId, status: `${Math.floor(status / 100)}xx` });
  }
}
