// Many agents in one process: each speaks the control channel over its own TLS connection, with the back-off and the waits
// of the product's agent.
import { Buffer } from 'node:buffer';
import { createHash, createHmac, pbkdf2Sync, randomBytes, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { connect, createSecureContext } from 'node:tls';
import { built } from '../campaign.mjs';
import { agentIdOf, deviceIdOf } from './filled-database.mjs';

const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const STANZA = /<stream:error>([\s\S]*?)<\/stream:error>|<iq\b[^>]*\/>|<iq\b[^>]*>[\s\S]*?<\/iq>/;
const base64 = (text) => Buffer.from(text).toString('base64');
const attribute = (element, name) => new RegExp(`^<[^>]*\\s${name}="([^"]*)"`).exec(element)?.[1];

/** SCRAM-SHA-1 as a client (RFC 5802); accounts with the same salt share the work of hashing. */
class SharedScram {
  #keys = new Map();

  constructor(password) {
    this.password = password;
  }

  answer(bare, serverFirst) {
    const [, nonce, salt, iterations] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(serverFirst);
    let keys = this.#keys.get(salt);
    if (!keys) {
      const salted = pbkdf2Sync(this.password, Buffer.from(salt, 'base64'), Number(iterations), 20, 'sha1');
      const clientKey = createHmac('sha1', salted).update('Client Key').digest();
      keys = { clientKey, storedKey: createHash('sha1').update(clientKey).digest() };
      this.#keys.set(salt, keys);
    }
    const withoutProof = `c=biws,r=${nonce}`;
    const signature = createHmac('sha1', keys.storedKey).update(`${bare},${serverFirst},${withoutProof}`).digest();
    const proof = Buffer.from(keys.clientKey.map((byte, i) => byte ^ signature[i])).toString('base64');
    return `${withoutProof},p=${proof}`;
  }
}

/** One agent: opens a stream, announces its device, and does so again whenever the stream has ended. */
class LightAgent {
  announced = false;
  #installationId = randomUUID();
  #continuation = randomBytes(32).toString('base64url');
  #next;
  #run = randomUUID();
  #stopped = false;
  #timer;
  #socket;
  #ponged = () => undefined;

  constructor(number, fleet) {
    this.number = number;
    this.id = agentIdOf(number);
    this.fleet = fleet;
    this.backoff = fleet.newBackoff();
  }

  start() {
    this.fleet.dial(() => this.#open());
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  /** @returns {Promise<number>} milliseconds until the server has answered a ping (XEP-0199); the agent must be online */
  ping() {
    const since = performance.now();
    this.#socket.write("<iq type='get' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>");
    return new Promise((resolve) => (this.#ponged = () => resolve(performance.now() - since)));
  }

  /** One stream, from the connection to its end. */
  #open() {
    if (this.#stopped) return this.fleet.dialled();
    const { fleet } = this;
    const { port, domain, limits, counts } = fleet;
    const trust = { rejectUnauthorized: false, secureContext: fleet.secureContext };
    const socket = connect({ host: '127.0.0.1', port, ...trust, ALPNProtocols: ['xmpp-client'] });
    this.#socket = socket;
    let buffer = '';
    let phase = 'connecting';
    let retryAfter;
    const deadline = setTimeout(() => socket.destroy(), limits.DIAL_TIMEOUT_MS + limits.XMPP_AUTH_MS);
    let announceTimer;
    let isDialling = true;
    const dialled = () => {
      if (isDialling) fleet.dialled();
      isDialling = false;
    };
    const bare = `n=${this.id},r=${randomBytes(12).toString('hex')}`;
    const header = () =>
      socket.write(
        `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}' version='1.0'>`,
      );
    const sasl = (name, attributes, text) =>
      socket.write(`<${name} xmlns='${NS_SASL}'${attributes}>${base64(text)}</${name}>`);
    const request = (id, name, namespace, body) =>
      socket.write(`<iq type='set' id='${id}'>${container(name, namespace, body)}</iq>`);
    const announceFailed = (why) => {
      clearTimeout(announceTimer);
      counts.failedAnnounces += 1;
      counts.failures.set(why, (counts.failures.get(why) ?? 0) + 1);
      socket.destroy();
    };

    /** @returns whether something was consumed */
    const login = () => {
      const features = buffer.indexOf('</stream:features>');
      if ((phase === 'header' || phase === 'authenticated') && features >= 0) {
        buffer = buffer.slice(features + 18);
        if (phase === 'header') {
          phase = 'challenge';
          sasl('auth', ` mechanism='SCRAM-SHA-1'`, `n,,${bare}`);
        } else {
          phase = 'bind';
          this.#next ??= randomBytes(32).toString('base64url');
          const resource = [this.#run, this.#installationId, this.#continuation, this.#next].join('.');
          const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind>`;
          socket.write(`<iq type='set' id='bind'>${bind}</iq>`);
        }
        return true;
      }
      const challenge = phase === 'challenge' && /<challenge[^>]*>([^<]*)<\/challenge>/.exec(buffer);
      if (challenge) {
        buffer = buffer.slice(challenge.index + challenge[0].length);
        phase = 'response';
        sasl('response', '', fleet.scram.answer(bare, Buffer.from(challenge[1], 'base64').toString()));
        return true;
      }
      const success = phase === 'response' && /<success[^>]*>[^<]*<\/success>/.exec(buffer);
      if (success) {
        buffer = buffer.slice(success.index + success[0].length);
        phase = 'authenticated';
        header();
        return true;
      }
      if (/<failure[^>]*>/.test(buffer)) {
        counts.refusedLogins += 1;
        socket.destroy();
      }
      return false;
    };

    const stanza = (text) => {
      const id = attribute(text, 'id');
      const type = attribute(text, 'type');
      if (text.startsWith('<stream:error>')) {
        const after = /<retry\b[^>]*\bafter="(\d+)"/.exec(text)?.[1];
        if (after !== undefined) {
          counts.deferred += 1;
          retryAfter = Number(after);
        }
        return;
      }
      if (id === 'bind') {
        if (type !== 'result') {
          counts.refusedLogins += 1;
          return socket.destroy();
        }
        clearTimeout(deadline);
        dialled();
        phase = 'online';
        counts.logins += 1;
        this.#continuation = this.#next;
        this.#next = undefined;
        announceTimer = setTimeout(() => announceFailed('no answer'), limits.XMPP_IQ_TIMEOUT_MS);
        return request('announce', 'announce', 'urn:platen:agent:1', fleet.announcementOf(this.number));
      }
      if (id === 'announce') {
        if (type !== 'result') return announceFailed(/code="([^"]*)"/.exec(text)?.[1] ?? 'an error without a code');
        clearTimeout(announceTimer);
        this.announced = true;
        fleet.onAnnounced();
        this.backoff.reset();
        const conditions = { deviceId: deviceIdOf(this.number), conditions: [] };
        return request('conditions', 'report-conditions', 'urn:platen:device:1', conditions);
      }
      if (id === 'ping') return this.#ponged();
      if (id === 'conditions' && type !== 'result') counts.failedReports += 1;
      if (type !== 'get' && type !== 'set') return;
      if (!text.includes('<acquire-information')) return socket.write(`<iq type='result' id='${id}'/>`);
      counts.acquired += 1;
      const answer = container('acquire-information', 'urn:platen:device:1', fleet.information);
      socket.write(`<iq type='result' id='${id}'>${answer}</iq>`);
    };

    socket.setEncoding('utf8');
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('secureConnect', () => {
      phase = 'header';
      header();
    });
    socket.on('data', (text) => {
      buffer += text;
      while (phase !== 'bind' && phase !== 'online' && !buffer.includes('<stream:error>') && login());
      for (let found = STANZA.exec(buffer); found; found = STANZA.exec(buffer)) {
        if (phase !== 'bind' && phase !== 'online' && !found[0].startsWith('<stream:error>')) break;
        buffer = buffer.slice(found.index + found[0].length);
        stanza(found[0]);
      }
    });
    socket.once('close', () => {
      clearTimeout(deadline);
      clearTimeout(announceTimer);
      dialled();
      this.announced = false;
      if (this.#stopped) return;
      counts.endedStreams += 1;
      const waitMs = retryAfter === undefined ? this.backoff.next() : fleet.retryAfterMs(retryAfter);
      this.#timer = setTimeout(() => this.start(), waitMs);
    });
  }
}

const container = (name, namespace, body) =>
  `<${name} xmlns='${namespace}'><json xmlns='urn:xmpp:json:0'>${escaped(JSON.stringify(body))}</json></${name}>`;
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Logins that one process has under way: with more of them, it would be too slow for its own time limits. */
const DIALS_AT_ONCE = 1_000;

export class Fleet {
  #dials = [];
  #dialling = 0;
  counts = this.#noCounts();
  #agents = [];
  #onAnnounced = () => undefined;

  constructor({ agents, port, domain, password }) {
    const { Backoff } = built('src/tunnel/backoff');
    this.retryAfterMs = built('src/protocol/waits').retryAfterMs;
    this.limits = built('src/protocol/limits').LIMITS;
    this.newBackoff = () => new Backoff({ maxMs: this.limits.CHANNEL_RETRY_MAX_MS });
    this.port = port;
    this.domain = domain;
    this.scram = new SharedScram(password);
    // each agent of a customer makes its own, on its own computer
    this.secureContext = createSecureContext();
    this.information = {
      ...{ reached: true, state: 'idle', alerts: [], counters: { impressions: 12_345 }, model: 'TASKalfa 3050ci' },
      ...{ serialNumber: 'N4X1234567', firmwareVersion: '2KZ_2000.003.021' },
      supplies: ['black', 'cyan', 'magenta', 'yellow'].map((colour) => ({
        name: `Toner ${colour}`,
        type: 'toner',
        colour,
        level: 60,
      })),
    };
    this.#agents = Array.from({ length: agents }, (_, number) => new LightAgent(number, this));
  }

  #noCounts() {
    return {
      ...{
        logins: 0,
        refusedLogins: 0,
        deferred: 0,
        endedStreams: 0,
        acquired: 0,
        failedAnnounces: 0,
        failedReports: 0,
      },
      failures: new Map(),
    };
  }

  announcementOf(number) {
    const device = {
      ...{ id: deviceIdOf(number), name: `Printer ${number}`, kind: 'mfp', model: 'TASKalfa 3050ci' },
      ...{ serialNumber: `N4X${number}`, location: 'Hall', operations: ['information', 'counters', 'restart'] },
      applications: [{ id: 'web', title: 'Web pages', protocol: 'http', viewable: false }],
    };
    return { agentVersion: '0.1.0', devices: [device] };
  }

  get size() {
    return this.#agents.length;
  }
  get announced() {
    return this.#agents.filter(({ announced }) => announced).length;
  }

  start() {
    for (const agent of this.#agents) agent.start();
  }

  /** @returns {Promise<number>} see LightAgent */
  ping(number) {
    return this.#agents[number].ping();
  }

  stop() {
    for (const agent of this.#agents) agent.stop();
  }

  /** Runs `open` when this process is able to. */
  dial(open) {
    this.#dials.push(open);
    this.#dialNext();
  }
  dialled() {
    this.#dialling -= 1;
    this.#dialNext();
  }
  #dialNext() {
    while (this.#dialling < DIALS_AT_ONCE && this.#dials.length > 0) {
      this.#dialling += 1;
      this.#dials.shift()();
    }
  }

  onAnnounced() {
    this.#onAnnounced();
  }

  /** Counts from now. */
  reset() {
    this.counts = this.#noCounts();
    for (const agent of this.#agents) agent.announced = false;
  }

  /** @returns {Promise<number | undefined>} milliseconds until all agents have announced; undefined: not in time */
  allAnnounced(timeoutMs) {
    const since = performance.now();
    let left = this.size - this.announced;
    return new Promise((resolve) => {
      const done = (result) => {
        clearTimeout(late);
        this.#onAnnounced = () => undefined;
        resolve(result);
      };
      const late = setTimeout(() => done(undefined), timeoutMs);
      this.#onAnnounced = () => {
        left -= 1;
        // an agent may have lost its stream again
        if (left <= 0 && (left = this.size - this.announced) === 0) done(performance.now() - since);
      };
    });
  }
}
