// What people do during a kill campaign, all the time: technicians request sessions and jobs, persons at the devices answer,
// an administrator deploys. What they did is noted, for the ledger.
import { setTimeout as delay } from 'node:timers/promises';
import { Dice, seededRandom, within } from '../campaign.mjs';
import { NO_DICE, Person, playSession } from '../people.mjs';

/** Terminals that a technician has at the same time. */
const TERMINALS_EACH = 2;

export class Work {
  /** IDs that a terminal was given. */
  sessions = [];
  /** Jobs and deployments that the server has accepted. */
  jobs = [];
  deployments = [];
  /** Outcomes of terminals by name. */
  exits = new Map();
  persons = [];
  #over = false;
  #loops = [];

  constructor(stage, seed) {
    this.stage = stage;
    let stream = 0;
    const dice = () => new Dice(seededRandom(seed + 1_000_003 * ++stream));
    this.persons = stage.agents.map((agent) => new Person(agent, dice()));
    for (const technician of stage.technicians)
      for (let each = 0; each < TERMINALS_EACH; each += 1)
        this.#loop(dice(), 300, (own) => this.#session(technician, own));
    for (const { deviceId } of stage.agents) this.#loop(dice(), 2_000, (own) => this.#job(deviceId, own));
    this.#loop(dice(), 6_000, (own) => this.#deployment(own));
  }

  /** @param pauseMs about this long between two rounds */
  #loop(dice, pauseMs, round) {
    const run = async () => {
      while (!this.#over) {
        await round(dice);
        await delay(dice.between(0.5, 1.5) * pauseMs);
      }
    };
    this.#loops.push(run());
  }

  /** Nothing new is begun; what is open comes to its end. */
  async finish() {
    this.#over = true;
    await Promise.all(this.#loops);
  }
  async stop() {
    await Promise.all(this.persons.map((person) => person.stop()));
  }

  async #session(technician, dice) {
    const onSession = (id) => this.sessions.push(id);
    const how = await playSession(this.stage, technician, dice.of(this.persons), dice, onSession);
    this.exits.set(how, (this.exits.get(how) ?? 0) + 1);
  }

  /** A session that the person at the device approves and the technician ends. @returns how its terminal ended */
  oneSession(technician, person) {
    person.dice = NO_DICE;
    return playSession(this.stage, technician, person, NO_DICE);
  }

  async #job(deviceId, dice) {
    const operation = dice.weighted({ 'test-page': 12, identify: 3, counters: 3, information: 2, restart: 1 });
    const body = { operation, waitMinutes: 2 };
    const job = await this.stage
      .ask(dice.of(this.stage.technicians), 'POST', `devices/${deviceId}/jobs`, body)
      .catch(() => undefined);
    if (!job) return;
    this.jobs.push(job.id);
    if (!dice.chance(0.05)) return;
    await delay(dice.between(0, 500));
    await this.stage.ask(this.stage.admin, 'POST', `jobs/${job.id}/cancellation`, {}).catch(() => undefined);
  }

  async #deployment(dice) {
    const pairs = dice.of([1, 2, 3]);
    const body = { pairs, when: dice.weighted({ now: 4, idle: 1 }) };
    const made = await this.stage.ask(this.stage.admin, 'POST', 'deployments', body).catch(() => undefined);
    if (made) this.deployments.push(made.id);
    await within(30_000, () => this.#over || this.#isOver(made?.id));
  }
  async #isOver(id) {
    if (!id) return true;
    const deployment = await this.stage.ask(this.stage.admin, 'GET', `deployments/${id}`).catch(() => undefined);
    return deployment && deployment.finishedAt !== null;
  }
}
