// A hostile server: an agent that is enrolled with it receives every exchange and command, well-formed and malformed. Without a
// YES at the panel, the agent connects to nothing but its server.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { built, support, within } from '../campaign.mjs';
import { asText, mutated } from './mutation.mjs';

const { ControlChannel, DOMAIN, EVERY_INSTALLATION } = support('xmpp/control-channel');
const { credentialsFileFor, storeCredentials, storedKey } = built('src/agent/enrolment/credentials');
const { acquireInformation, announce, EXCHANGES } = built('src/protocol/control-channel');
const { scramKeys } = built('src/server/xmpp/login/scram');
const { operation: operations } = built('src/protocol/maintenance');

const AT_ONCE = 8;
const ANSWER_MS = 120_000;
const DEVICE = 'mfp-1';
const PASSWORD = 'p'.repeat(43);

/** The agent `attacked`, and its server, which is this process. */
export class HostileServer {
  /** Connections that reached a port of the customer's network. */
  reached = [];

  async start(stage) {
    this.channel = await ControlChannel.start(
      { XMPP_IQS_IN_FLIGHT: 10_000 },
      { ...EVERY_INSTALLATION, scramKeys: (_agentId, algorithm) => scramKeys(PASSWORD, algorithm) },
    );
    this.channel.transport.handle(announce, () => Promise.resolve({ refused: [] }));
    const [web, neighbour] = [await this.#listening('device'), await this.#listening('neighbour')];
    this.neighbour = neighbour;
    const folder = join(stage.folder, 'attacked');
    const file = join(folder, 'agent.json');
    await mkdir(folder, { recursive: true });
    const application = { id: 'web', title: 'Web pages', target: `http://127.0.0.1:${web}` };
    // otherwise the server may have the agent check its connections to the device
    const maintenance = { information: 'deny' };
    const devices = [{ id: DEVICE, name: 'MFP', kind: 'mfp', maintenance, applications: [application] }];
    await writeFile(file, JSON.stringify({ panel: { port: 0 }, state: 'state', devices }));
    const xmpp = { host: '127.0.0.1', port: this.channel.port, domain: DOMAIN };
    const { privateKey } = generateKeyPairSync('ed25519');
    const { pin } = this.channel.certificate;
    const credentials = { agentId: 'attacked', password: PASSWORD, xmpp, pin, privateKey: storedKey(privateKey) };
    await storeCredentials(credentialsFileFor(file), credentials);
    this.service = stage.runAgent('attacked', file);
    await this.service.program.logged('agent online', ANSWER_MS);
  }

  async #listening(name) {
    const listener = createServer((socket) => {
      this.reached.push(name);
      socket.on('error', () => undefined).destroy();
    });
    await once(listener.listen(0, '127.0.0.1').unref(), 'listening');
    return listener.address().port;
  }

  stop() {
    return this.channel.stop();
  }

  async attack({ dice, until, count, wrong, vectors }) {
    const { transport } = this.channel;
    const addresses = [`ws://127.0.0.1:${this.neighbour}/cloud-hub`, `http://127.0.0.1:${this.neighbour}/firmware`];
    const ids = Array.from({ length: 20 }, () => randomUUID());

    const say = ({ name, namespace }, body) =>
      transport
        .request('attacked', { name, namespace, from: 'server', request: z.any(), response: z.any() }, body)
        .then(
          () => 'accepted',
          ({ code, name: kind }) => code ?? kind,
        );
    const exchange = async () => {
      const [key, { request }] = dice.of(Object.entries(vectors).filter(([key]) => EXCHANGES[key]));
      const aimed = JSON.parse(
        JSON.stringify(request)
          .replaceAll(/wss:[^"]*/g, addresses[0])
          .replaceAll(/5b0f8c1e-[0-9a-f-]*/g, dice.of(ids)),
      );
      const body = dice.chance(0.5) ? aimed : mutated(aimed, dice);
      count(`${key}: ${await say(EXCHANGES[key], body)}`);
    };
    const command = async () => {
      const operation = dice.of(operations.options);
      const order = { jobId: dice.of(ids), deviceId: dice.of([DEVICE, 'mfp-9']), operation, expiresInSeconds: 60 };
      const firmware = {
        url: addresses[1],
        sha256: 'a'.repeat(64),
        bytes: 100,
        version: '9',
        model: '',
        token: 't'.repeat(43),
      };
      const fields = Object.fromEntries(
        Object.entries(mutated({ ...order, ...firmware }, dice) ?? {}).map(([name, value]) => [name, asText(value)]),
      );
      const action = dice.of(['execute', 'next', 'cancel']);
      const sent = transport.command('attacked', { jobId: order.jobId, operation, action, fields });
      count(
        `${operation}: ${await sent.then(
          ({ status }) => status,
          ({ code, name }) => code ?? name,
        )}`,
      );
    };
    const work = async () => {
      while (!until()) {
        if (!transport.isOnline('attacked')) await delay(200);
        else await (dice.chance(0.8) ? exchange() : command());
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (this.reached.length > 0) wrong(`the agent connected to ${[...new Set(this.reached)].join(' and ')}`);
    // the device has no IPP address, and only the agent knows that
    const answers = async () => (await say(acquireInformation, { deviceId: DEVICE })) === 'operation-unsupported';
    if (!(await within(ANSWER_MS, answers))) wrong('the agent no longer answers its server');
  }
}
