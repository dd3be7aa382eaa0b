import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session, SessionConnection } from '../../../src/protocol/api';
import { RETRY_AFTER_SECONDS } from '../../../src/protocol/waits';
import { connect } from '../../../src/terminal/connect/connect';
import { storeCredentials } from '../../../src/terminal/credentials';
import { runCommand } from '../../../src/terminal/run-command';
import { TERMINAL_LIMITS } from '../../../src/terminal/terminal-limits';
import {
  startFakeRelayedDevice,
  type FakeRelayedDevice,
  type FakeRelayedDeviceOptions,
} from '../relay/fake-relayed-device';
import { setLimit } from '../relay/test-relay';
import { removeFolder } from '../remove-folder';
import { sampleEndedSession, sampleSession } from '../samples/api-samples';
import { until } from '../until';
import { startFakeApi, type FakeApi } from './fake-api';
import { recordedTerminal, type RecordedTerminal } from './recorded-terminal';

export const ID = sampleSession.id;
export const SECRET = 's'.repeat(43);

export interface Event {
  event: string;
  [field: string]: unknown;
}

/** Tests do not depend on the length of pauses, so pauses are short. */
function shortenPauses(): void {
  for (const name of ['POLL_INTERVAL_MS', 'RETRY_FIRST_MS'] as const) setLimit(name, 5);
  setLimit('RELAY_INTERRUPTED_MS', 3_600_000);
  jest.replaceProperty(TERMINAL_LIMITS, 'HALT_POLL_MS', 5 as never);
  jest.replaceProperty(RETRY_AFTER_SECONDS, 'most', 0.005);
}

/** Answers when the request is complete, which requires a half-closed connection. */
async function startApplication(): Promise<Server> {
  const application = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    });
    socket.on('end', () => socket.end(`got ${text.length}`));
  });
  await once(application.listen(0, '127.0.0.1'), 'listening');
  return application;
}

/** `platen connect` with everything around it: the API, the relay with the device behind it, and an application. */
export class ConnectStage {
  relay!: FakeRelayedDevice;
  answersToPolls: SessionConnection[] = [];
  exit: Promise<number> | undefined;
  readonly terminal: RecordedTerminal;
  /** The route of the session. */
  readonly show = `GET /api/sessions/${ID}`;

  private constructor(
    private readonly folder: string,
    readonly application: Server,
    readonly api: FakeApi,
  ) {
    this.terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
  }

  static async set(): Promise<ConnectStage> {
    shortenPauses();
    const folder = await mkdtemp(join(tmpdir(), 'connect-'));
    const polls = { answer: (): SessionConnection | undefined => undefined };
    const api = await startFakeApi({
      'POST /api/sessions': () => ({ status: 201, body: sampleSession }),
      [`GET /api/sessions/${ID}/connection`]: () => ({ body: polls.answer() }),
      [`GET /api/sessions/${ID}`]: () => ({ body: { ...sampleEndedSession, steps: [], approvalRecord: null } }),
      [`POST /api/sessions/${ID}/termination`]: () => ({
        body: { ...sampleSession, state: 'ended', ending: 'cancelled' },
      }),
    });
    const stage = new ConnectStage(folder, await startApplication(), api);
    polls.answer = () => (stage.answersToPolls.length > 1 ? stage.answersToPolls.shift() : stage.answersToPolls[0]);
    await storeCredentials(stage.terminal.io.env, { server: api.url, token: 'the-token' });
    return stage;
  }

  async strike(): Promise<void> {
    this.terminal.interrupt();
    this.terminal.interrupt();
    await this.exit;
    await (this.relay as FakeRelayedDevice | undefined)?.stop();
    await this.api.stop();
    this.application.close();
    await removeFolder(this.folder);
  }

  /** Starts the command; later polls get the last of `answers`. */
  async start(
    answers: () => SessionConnection[],
    relayOptions: Partial<FakeRelayedDeviceOptions> = {},
    { port = 0, proxy = false, again = false } = {},
  ): Promise<void> {
    const open = () => this.openApplication();
    this.relay = await startFakeRelayedDevice({ remoteSessionId: ID, open, ...relayOptions });
    this.answersToPolls = answers();
    const options = { device: 'copy-room', application: 'web', reason: 'paper jam', port, proxy, again, json: true };
    this.exit = runCommand(this.terminal.io, (io) => connect(io, options), { json: true });
  }
  async openApplication(): Promise<Socket> {
    const { port } = this.application.address() as AddressInfo;
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  }

  events(): Event[] {
    const lines = this.terminal.out().split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Event);
  }
  async event(name: string): Promise<Event> {
    await until(name, () => this.events().some((each) => each.event === name));
    return this.events().find((each) => each.event === name)!;
  }
  /** The events with these names. */
  order(...names: string[]): Event[] {
    return this.events().filter((each) => names.includes(each.event));
  }
  ready(): SessionConnection {
    return {
      status: 'ready',
      connection: {
        remoteSessionId: ID,
        applicationId: 'web',
        url: this.relay.url,
        sessionId: SECRET,
        token: SECRET,
        validUntil: new Date(Date.now() + 60_000).toISOString(),
        validForSeconds: 60,
      },
    };
  }
  /** What the API says of the session from now on. */
  record(session: Session): void {
    this.api.routes[this.show] = () => ({ body: { ...session, steps: [], approvalRecord: null } });
  }
}
