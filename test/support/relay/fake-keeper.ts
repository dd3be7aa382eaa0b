import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { createJournal } from '../../../src/journal/journal';
import { KEEPER_METHODS, type KeeperMethods, type KeeperStatus, type RelayRun } from '../../../src/protocol/keeper-rpc';
import type { Result } from '../../../src/protocol/relay-rpc';
import { KEEPER_SUBPROTOCOL, PROTOCOL_VERSION } from '../../../src/protocol/version';
import { RpcPeer, type RpcHandlers } from '../../../src/tunnel/json-rpc';

type Running = NonNullable<KeeperStatus['serving']>;

/** A keeper on its real Unix socket that starts nothing: tests decide how it answers. */
export class FakeKeeper {
  /** @param data the server's data folder */
  static async start(data: string, wanted: RelayRun = { file: null, pairs: 1 }): Promise<FakeKeeper> {
    const keeper = new FakeKeeper(join(data, 'relay'), wanted);
    await keeper.listen();
    return keeper;
  }

  status: KeeperStatus;
  /** Methods in the order in which they were asked for, `status` left out. */
  readonly asked: string[] = [];
  /** Awaited before each answer; a test may make it wait or throw. */
  before: (method: keyof KeeperMethods) => Promise<void> = () => Promise.resolve();
  /** What comes of `try`; the usual candidate is ready at once. */
  onTry: (run: RelayRun) => Result<KeeperMethods, 'try'> | Promise<Result<KeeperMethods, 'try'>> = (run) => {
    this.status.candidate = running(run, 'ready');
    return { outcome: 'started', instance: this.status.candidate.instance };
  };
  /** What comes of `take-over` of the candidate; the usual one serves at once. */
  onTakeOver: (candidate: Running) => void | Promise<void> = (candidate) => this.serve(candidate);
  #server: Server | undefined;
  #sockets: WebSocketServer | undefined;

  private constructor(
    readonly folder: string,
    wanted: RelayRun,
  ) {
    this.status = {
      serving: running(wanted, 'serving'),
      wanted,
      candidate: null,
      restarts: 0,
      lastExit: null,
      addresses: Array.from({ length: wanted.pairs }, (_, index) => ({ host: '127.0.0.1', port: 8090 + index })),
    };
  }

  /** The candidate has taken over. */
  serve(candidate: Running): void {
    const { file, pairs } = candidate;
    const serving = { ...candidate, state: 'serving' as const };
    this.status = { ...this.status, serving, wanted: { file, pairs }, candidate: null, restarts: 0 };
  }

  /** The candidate exits, with these last lines on standard error. */
  crash(how = 'exit code 1', lines = ''): void {
    const { candidate } = this.status;
    if (candidate) this.status.lastExit = { instance: candidate.instance, how, lines };
    this.status.candidate = null;
  }

  /** The relay that serves exits and is started again, as another instance. */
  restart(how = 'exit code 1', lines = ''): void {
    const { serving, wanted } = this.status;
    if (serving) this.status.lastExit = { instance: serving.instance, how, lines };
    this.status.serving = running(wanted, 'serving');
    this.status.restarts++;
  }

  /** Listens (again). */
  async listen(): Promise<void> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#server = createServer();
    this.#sockets = new WebSocketServer({
      server: this.#server,
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(KEEPER_SUBPROTOCOL) && KEEPER_SUBPROTOCOL,
    });
    const journal = createJournal('relay', 'silent');
    this.#sockets.on('connection', (ws) => new RpcPeer(ws, KEEPER_METHODS, this.#handlers(), {}, journal));
    this.#server.listen(join(this.folder, 'keeper.sock'));
    await once(this.#server, 'listening');
  }

  /** Is gone, as if it had been killed. */
  async stop(): Promise<void> {
    for (const ws of this.#sockets?.clients ?? []) ws.terminate();
    this.#sockets?.close();
    const server = this.#server;
    this.#server = undefined;
    if (server) await once(server.close(), 'close');
  }

  #handlers(): RpcHandlers<KeeperMethods> {
    return {
      status: async () => {
        await this.before('status');
        return this.status;
      },
      try: async (run) => {
        await this.#take('try', `${run.file ?? 'built-in'} ${run.pairs}`);
        return await this.onTry(run);
      },
      discard: async () => {
        await this.#take('discard');
        this.status.candidate = null;
        return {};
      },
      'take-over': async ({ instance }) => {
        await this.#take('take-over', instance);
        const { candidate } = this.status;
        if (candidate?.instance !== instance) return { known: false };
        await this.onTakeOver(candidate);
        return { known: true };
      },
    };
  }

  async #take(method: keyof KeeperMethods, what = ''): Promise<void> {
    this.asked.push(`${method} ${what}`.trim());
    await this.before(method);
  }
}

/** A relay as the keeper tells of it. */
export const running = (run: RelayRun, state: Running['state'], version = '0.0.0-test'): Running => ({
  ...run,
  instance: randomUUID(),
  pid: process.pid,
  state,
  version,
  protocol: PROTOCOL_VERSION,
});
