import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketServer } from 'ws';
import { LIMITS } from '../../protocol/limits';
import type { UpgradeRouter } from './upgrade-router';

/** Nest's own adapter destroys every upgrade that is not for one of its gateways; here gateways are routes like others. */
export class RoutedWsAdapter extends WsAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly router: UpgradeRouter,
  ) {
    super(app);
  }

  override create(port: number, options: { path?: string } = {}): WebSocketServer {
    if (port !== 0 || !options.path) throw new Error('A gateway needs a path, and no port of its own');
    const server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: LIMITS.API_BODY_BYTES,
    });
    this.router.register(options.path, (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (client) => {
        client.on('error', () => client.terminate());
        server.emit('connection', client, request);
      }),
    );
    return server;
  }
}
