import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PanelDisplay } from '../../../test/support/device/panel-display';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { makeCertificate } from '../../../test/support/test-certificate';
import { until } from '../../../test/support/until';
import vectors from '../../../test/vectors/device-display.json';
import { startMfp, type RunningMfp } from '../../mfp/mfp';
import { MFP_LIMITS } from '../../mfp/mfp-limits';
import type { DisplayInput, DisplayInputs, DisplayState } from '../../protocol/device-display';
import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import { parseConfiguration } from '../configuration/configuration';
import { DisplayClient } from './display-client';
import { DisplayConnection } from './display-connection';

const SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I';
const [FULL, EMPTY] = vectors.states as unknown as [DisplayState, DisplayState];
const ASKED = FULL.asking[0]!.remoteSessionId;
const { run: RUN } = vectors.inputs[0] as DisplayInputs;
const end: DisplayInput = { do: 'end', remoteSessionId: ASKED };
const never = new AbortController().signal;

describe('the display of a device', () => {
  const journal = recordedJournal();
  let folder: string;
  let client: DisplayClient | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-'));
  });
  afterEach(async () => {
    await client?.stop();
    await removeFolder(folder);
  });

  type Executed = [what: string, key: string];
  /** Starts a client; what it executes is added to `executed`. */
  const start = async (
    connection: ConstructorParameters<typeof DisplayClient>[0]['connection'],
    {
      executed = [],
      state = EMPTY,
      execute,
    }: { executed?: Executed[]; state?: DisplayState; execute?: () => void } = {},
  ): Promise<DisplayClient> => {
    client = new DisplayClient({
      deviceId: 'mfp-1',
      connection,
      state: () => state,
      execute: (input, key) => {
        executed.push([input.do, key]);
        execute?.();
      },
      folder,
      journal: journal.journal,
    });
    await client.start();
    return client;
  };
  /** A display that answers polls with these inputs, those after them never. */
  const scripted = (...answers: DisplayInputs[]) => {
    const acknowledged: unknown[] = [];
    return {
      acknowledged,
      putState: () => Promise.resolve(),
      inputs: (each: unknown, signal: AbortSignal) => {
        acknowledged.push(each);
        const answer = answers.shift();
        if (answer) return Promise.resolve(answer);
        return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
      },
    };
  };
  const inputsOf = (run: string, ...numbers: number[]): DisplayInputs => ({
    run,
    inputs: numbers.map((number) => ({ number, input: end })),
  });

  it('executes each input once, in order, and acknowledges it', async () => {
    const executed: Executed[] = [];
    const display = scripted(inputsOf(RUN, 1, 2), inputsOf(RUN, 1, 2, 3), inputsOf(RUN, 3, 4));
    await start(display, { executed });
    await until('all polls', () => display.acknowledged.length >= 4);
    expect(executed).toHaveLength(4);
    expect(new Set(executed.map(([, key]) => key)).size).toBe(4);
    expect(display.acknowledged).toEqual([undefined, ...[2, 3, 4].map((after) => ({ run: RUN, after }))]);
  });

  it('executes none again after a restart, and all of a new run', async () => {
    const executed: Executed[] = [];
    const first = scripted(inputsOf(RUN, 1, 2));
    await start(first, { executed });
    await until('the acknowledgement', () => first.acknowledged.length >= 2);
    await client!.stop();
    const other = 'a3d7c1de-54b3-4b6c-8a6e-0c1d2e3f4a5b';
    const second = scripted(inputsOf(RUN, 1, 2), inputsOf(other, 1));
    await start(second, { executed });
    await until('all polls', () => second.acknowledged.length >= 3);
    expect(executed).toHaveLength(3);
    expect(second.acknowledged).toEqual([
      { run: RUN, after: 2 },
      { run: RUN, after: 2 },
      { run: other, after: 1 },
    ]);
  });

  it('gives an input that it executed before it was killed the same key', async () => {
    const executed: Executed[] = [];
    for (let round = 0; round < 2; round++) {
      const display = scripted(inputsOf(RUN, 1));
      await start(display, { executed });
      await until('the execution', () => display.acknowledged.length >= 2);
      await client!.stop();
      await rm(join(folder, 'display-mfp-1.json'));
    }
    expect(executed).toHaveLength(2);
    expect(executed[0]).toEqual(executed[1]);
  });

  it.each([
    ['that has no effect', () => new ProblemError('wrong-state', 'already answered'), 'already answered'],
    ['that fails', () => new Error('disk'), 'The agent could not do this. Its log has the reason.'],
  ])('reports an input %s, and continues', async (_what, error, text) => {
    const states: DisplayState[] = [];
    let failures = 0;
    const display = { ...scripted(inputsOf(RUN, 1, 2)), putState: (state: DisplayState) => void states.push(state) };
    await start(
      { ...display, putState: (state) => Promise.resolve(display.putState(state)) },
      {
        execute: () => {
          if (++failures === 2) throw error();
        },
      },
    );
    await until('the refusal', () => states.at(-1)?.refused);
    expect(states.at(-1)?.refused).toEqual({ input: 2, text });
  });

  it('is not kept busy by a display that does not wait', async () => {
    let polls = 0;
    const since = performance.now();
    await start({ putState: () => Promise.resolve(), inputs: () => Promise.resolve((polls++, inputsOf(RUN))) });
    await until('some polls', () => polls > 3);
    expect(performance.now() - since).toBeGreaterThan(1_000);
  });

  it('starts with a damaged note', async () => {
    await writeFile(join(folder, 'display-mfp-1.json'), '{"version":1,"run":');
    const display = scripted();
    await start(display);
    await until('a poll', () => display.acknowledged.length >= 1);
    expect(display.acknowledged).toEqual([undefined]);
  });

  describe('of the simulated MFP', () => {
    let mfp: RunningMfp;
    beforeEach(async () => {
      await writeFile(join(folder, 'secret'), SECRET);
      mfp = await startMfp({ displayPort: 0, agentPort: 0, agentSecretFile: join(folder, 'secret') }, journal.journal);
    });
    afterEach(() => mfp.stop());
    const connection = (secret = SECRET) =>
      new DisplayConnection(
        { host: '127.0.0.1', port: Number(new URL(mfp.agentUrl!).port), tls: false, path: '' },
        secret,
      );

    it('shows a request, and brings the answer', async () => {
      const executed: Executed[] = [];
      await start(connection(), { executed, state: { ...FULL, live: [] } });
      const display = await PanelDisplay.open(mfp.displayUrl!);
      await display.sees('the dialog', ({ picture }) => picture.dialog?.tone === 'ask');
      const since = performance.now();
      await until('the end of the guard', () => performance.now() - since > MFP_LIMITS.ANSWER_AFTER_MS + 100);
      display.touch(`access-no:${ASKED}`);
      await until('the answer', () => executed.length >= 1);
      expect(executed[0]?.[0]).toBe('decline');
    });

    it('is named in the log if it does not know the secret', async () => {
      await expect(connection('x'.repeat(43)).putState(EMPTY, never)).rejects.toThrow('HTTP 401');
    });
  });

  describe('that is hostile', () => {
    let server: Server;
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });
    const serve = async (answer: RequestListener): Promise<DisplayConnection> => {
      server = createServer(answer);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      return new DisplayConnection({ host: '127.0.0.1', port, tls: false, path: '' }, SECRET);
    };

    it.each<[string, RequestListener, string]>([
      ['no JSON', (_, response) => response.end('hello'), 'not a list of inputs'],
      ['another status', (_, response) => response.writeHead(500).end(), 'HTTP 500'],
      ['a redirect', (_, response) => response.writeHead(302, { Location: 'http://evil.example' }).end(), 'HTTP 302'],
      ['too much', (_, response) => response.end('x'.repeat(LIMITS.DEVICE_ANSWER_BYTES + 1)), 'more than'],
      [
        'half an answer',
        (_, response) => response.writeHead(200, { 'Content-Length': 9 }).write('{', () => response.destroy()),
        '',
      ],
      ['nothing', (_, response) => response.destroy(), ''],
      ...vectors.malformedInputs.map((body): [string, RequestListener, string] => [
        JSON.stringify(body),
        (_, response) => response.end(JSON.stringify(body)),
        'not a list of inputs',
      ]),
      [
        'more inputs than there can be',
        (_, response) => {
          const inputs = Array.from({ length: LIMITS.DISPLAY_INPUTS + 1 }, (_each, index) => ({
            number: index + 1,
            input: end,
          }));
          response.end(JSON.stringify({ run: RUN, inputs }));
        },
        'not a list of inputs',
      ],
    ])('is refused: it answers %s', async (_what, answer, message) => {
      const asked = (await serve(answer)).inputs(undefined, never);
      await expect(asked).rejects.toThrow(message);
      await expect(asked).rejects.toMatchObject({ name: expect.stringMatching(/^Device(Refused|Unreachable)$/) });
    });

    it('does not hold the agent up by not answering', async () => {
      let asked = 0;
      await start(await serve(() => void asked++));
      await until('both requests', () => asked >= 2);
      const since = performance.now();
      await client!.stop();
      expect(performance.now() - since).toBeLessThan(5_000);
    });
  });

  describe('over TLS, as the configuration names it', () => {
    let server: HttpsServer;
    let pin: string;
    /** Method, path and secret of each request. */
    let received: string[];
    beforeEach(async () => {
      const made = await makeCertificate();
      [pin, received] = [made.pin, []];
      server = createHttpsServer({ cert: made.cert, key: made.key }, (request, response) => {
        received.push(`${request.method} ${request.url} ${request.headers.authorization}`);
        request.resume();
        if (request.method === 'PUT') response.writeHead(204).end();
        else response.end(JSON.stringify({ run: RUN, inputs: [] }));
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    const configured = (change: object): DisplayConnection => {
      const { port } = server.address() as AddressInfo;
      const display = { url: `https://127.0.0.1:${port}/platen`, secretFile: 'secret', ...change };
      const applications = [{ id: 'web', title: 'Web pages', target: 'http://127.0.0.1:9' }];
      const devices = [{ id: 'mfp-1', name: 'MFP', kind: 'mfp', applications, display }];
      const [device] = parseConfiguration(JSON.stringify({ devices }), folder).devices;
      return new DisplayConnection(device!.display!.address, SECRET);
    };

    it('has the state and the inputs of the device whose key is pinned', async () => {
      const connection = configured({ pin });
      await connection.putState(FULL, never);
      expect(await connection.inputs({ run: RUN, after: 1 }, never)).toEqual({ run: RUN, inputs: [] });
      expect(received).toEqual([
        `PUT /platen/state Bearer ${SECRET}`,
        `GET /platen/inputs?run=${RUN}&after=1 Bearer ${SECRET}`,
      ]);
    });

    it.each([
      ['has another key than the pinned one', { pin: 'A'.repeat(43) }, /key does not match the pin/],
      ['has a key of its own that is not pinned', {}, /no trusted authority .* pin it in the configuration$/],
    ])('sends neither secret nor state to a device that %s', async (_what, change, message) => {
      const connection = configured(change);
      for (const sent of [connection.putState(FULL, never), connection.inputs(undefined, never)])
        await expect(sent).rejects.toMatchObject({ name: 'DeviceRefused', message: expect.stringMatching(message) });
      expect(received).toEqual([]);
    });

    it('sends nothing in clear text to a port that has no TLS', async () => {
      let bytes = '';
      const plain = createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (data) => {
          bytes += data.toString('latin1');
          socket.end('HTTP/1.1 200 OK\r\n\r\n');
        });
      });
      await once(plain.listen(0, '127.0.0.1'), 'listening');
      const { port } = plain.address() as AddressInfo;
      const connection = configured({ url: `https://127.0.0.1:${port}`, pin });
      await expect(connection.putState(FULL, never)).rejects.toMatchObject({
        name: 'DeviceRefused',
        problem: 'tls-failed',
      });
      expect(bytes).not.toBe('');
      expect(bytes).not.toMatch(/Bearer|PUT|Streaks/);
      plain.close();
    });

    it.each([
      ['http to another computer', { url: 'http://192.0.2.1/platen' }, /must be https/],
      ['a pin without TLS', { url: 'http://127.0.0.1:9', pin: 'A'.repeat(43) }, /only allowed with an https address/],
    ])('is not configured with %s', (_what, change, message) => {
      expect(() => configured(change)).toThrow(message);
    });
  });

  it('takes every list of inputs of the vectors', async () => {
    const server = createServer((request, response) => {
      const after = new URL(request.url!, 'http://display').searchParams.get('after');
      response.end(JSON.stringify(vectors.inputs[after === null ? 0 : 1]));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const connection = new DisplayConnection({ host: '127.0.0.1', port, tls: false, path: '' }, SECRET);
    expect(await connection.inputs(undefined, never)).toEqual(vectors.inputs[0]);
    expect(await connection.inputs({ run: RUN, after: 0 }, never)).toEqual(vectors.inputs[1]);
    server.closeAllConnections();
    server.close();
  });

  it('logged no secret', () => {
    expect(JSON.stringify(journal.lines)).not.toContain(SECRET);
  });
});
