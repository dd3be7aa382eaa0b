// The people of a campaign: the persons at the devices, and technicians at their terminals.
import { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { built } from './campaign.mjs';

const { EXIT_CODES } = built('src/terminal/exit-codes');
const exitName = (code) => Object.keys(EXIT_CODES).find((name) => EXIT_CODES[name].code === code) ?? String(code);

/** A terminal that does not get on is killed, as its technician would close the window. */
const PATIENCE_MS = 90_000;
const STREAM_RETRY_MS = 250;

/** The person at the devices of one agent, who answers on its page. */
export class Person {
  /** Session -> `{ decision, pressed }`; an agent that was killed may ask again, and gets the same answer. */
  answers = new Map();
  #stop = new globalThis.AbortController();

  constructor(agent, dice) {
    this.agent = agent;
    this.dice = dice;
    this.done = this.#watch();
  }

  async #watch() {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const response = await fetch(`${this.agent.panelUrl}/events`, { signal });
        let text = '';
        for await (const chunk of response.body) {
          text += Buffer.from(chunk).toString();
          const events = text.split('\n\n');
          text = events.pop();
          for (const event of events) if (event.startsWith('data: ')) this.#see(JSON.parse(event.slice(6)));
        }
      } catch {
        // the agent was killed, or the campaign is over
      }
      if (!signal.aborted) await delay(STREAM_RETRY_MS);
    }
  }

  #see({ asking, live }) {
    this.live = live;
    for (const { remoteSessionId } of asking) {
      const known = this.answers.get(remoteSessionId);
      const decision = known?.decision ?? this.dice.weighted({ approved: 85, declined: 10, none: 5 });
      const answer = known ?? { decision, tried: false, accepted: false, pressing: false };
      this.answers.set(remoteSessionId, answer);
      if (decision !== 'none' && !answer.pressing) void this.#press(remoteSessionId, answer);
    }
  }

  async #press(id, answer) {
    answer.pressing = true;
    await delay(this.dice.between(100, 1_200));
    answer.tried = true;
    const status = await this.press(`/approvals/${id}`, { decision: answer.decision });
    answer.accepted ||= status === 204;
    answer.pressing = false;
  }

  /** @returns the status; undefined: the agent did not answer */
  async press(path, body) {
    const { panelUrl } = this.agent;
    const headers = { 'content-type': 'application/json', origin: panelUrl };
    const signal = AbortSignal.timeout(5_000);
    const init = { method: 'POST', headers, body: JSON.stringify(body), signal };
    return fetch(panelUrl + path, init).then(
      ({ status }) => status,
      () => undefined,
    );
  }

  stop() {
    this.#stop.abort();
    return this.done;
  }
}

/**
 * A session as a technician has it: reads pages for a while; then somebody ends it.
 * @param person the one at the device @param onSession given its ID
 * @returns how its terminal ended
 */
export async function playSession(stage, technician, person, dice, onSession = () => undefined) {
  const terminal = stage.connect(technician, person.agent.deviceId);
  const used = useDevice(stage, terminal, person, dice, onSession).catch(() => undefined);
  if ((await Promise.race([used, terminal.exited])) === undefined)
    await Promise.race([terminal.exited, delay(PATIENCE_MS, undefined, { ref: false })]);
  const how = await terminal.stop('SIGKILL');
  return typeof how === 'number' ? exitName(how) : how;
}

async function useDevice(stage, terminal, person, dice, onSession) {
  const event = (name) =>
    terminal.until(
      () =>
        terminal.printed
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line))
          .find((each) => each.event === name),
      name,
      PATIENCE_MS,
    );
  const { sessionId } = await event('requested');
  onSession(sessionId);
  const { url } = await event('listening');
  const until = Date.now() + dice.between(300, 4_000);
  do {
    await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
      (page) => page.arrayBuffer(),
      () => undefined,
    );
    await delay(200);
  } while (Date.now() < until);
  const by = dice.weighted({ terminal: 6, device: 3, server: 1 });
  if (by === 'terminal') terminal.child.kill('SIGINT');
  if (by === 'device') await person.press(`/sessions/${sessionId}/end`, {});
  if (by === 'server')
    await stage.ask(stage.admin, 'POST', `sessions/${sessionId}/termination`, {}).catch(() => undefined);
}

/** Chooses the first of all, and the least: the person approves, and the technician ends the session. */
export const NO_DICE = { between: (least) => least, weighted: (weights) => Object.keys(weights)[0] };
