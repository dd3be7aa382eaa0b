import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { mkdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import type { DisplayInput, DisplayInputs, DisplayState } from '../../protocol/device-display';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import { ProblemError } from '../../protocol/problems';
import { jittered } from '../../protocol/waits';
import { Backoff } from '../../tunnel/backoff';
import { sha256Hex } from '../../tunnel/sha256';
import { DeviceRefused, DeviceUnreachable } from '../device/device-access';
import { replaceDurably } from '../durable-file';
import type { DisplayConnection } from './display-connection';

/** Changes within this time are sent as one state. */
const COALESCE_MS = 50;
/** Between two polls that brought nothing new: a display that does not wait must not keep the agent busy. */
const IDLE_POLL_MS = 1_000;
const RETRY = { firstMs: LIMITS.RETRY_FIRST_MS, maxMs: LIMITS.DISPLAY_STATE_MS };

/** The last executed input. */
const progress = z.object({ version: z.literal(1), run: z.uuid(), done: z.int().nonnegative() });

export interface DisplayClientOptions {
  readonly deviceId: string;
  readonly connection: Pick<DisplayConnection, 'putState' | 'inputs'>;
  readonly state: () => Omit<DisplayState, 'refused'>;
  /**
   * @param key the same ID for the same input, even if the agent was killed before it had noted that it was executed
   * @throws ProblemError if it has no effect
   */
  readonly execute: (input: DisplayInput, key: string) => Promise<void> | void;
  /** State folder of the agent. */
  readonly folder: string;
  readonly journal: Journal;
  readonly stateMs?: number;
}

/** Keeps the display of one device informed, and executes what the person there presses: each input once, in order. */
export class DisplayClient {
  readonly #file: string;
  readonly #stopping = new AbortController();
  #run: string | undefined;
  #done = 0;
  #refused: DisplayState['refused'] = null;
  #wake: (() => void) | undefined;
  #unsent = true;
  #failing = false;
  #loops: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: DisplayClientOptions) {
    this.#file = join(options.folder, `display-${options.deviceId}.json`);
  }

  async start(): Promise<void> {
    await mkdir(this.options.folder, { recursive: true });
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    const { data } = progress.safeParse(parseJson(text));
    if (data) [this.#run, this.#done] = [data.run, data.done];
    this.#loops = Promise.all([
      this.#repeat('sending the state to the display', () => this.#send()),
      this.#repeat('executing inputs of the display', () => this.#poll()),
    ]);
  }

  /** The state has changed. */
  changed(): void {
    this.#unsent = true;
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#loops;
  }

  /** Repeats a step until `stop`; after an error, later and later. */
  async #repeat(what: string, step: () => Promise<void>): Promise<void> {
    const backoff = new Backoff(RETRY);
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await step();
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        this.#report(error, what);
        await delay(backoff.next(), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Sends the state, then waits for a change or until it is to be repeated. */
  async #send(): Promise<void> {
    this.#unsent = false;
    await this.options.connection.putState({ ...this.options.state(), refused: this.#refused }, this.#stopping.signal);
    if (this.#failing) this.options.journal.info('the display can be reached again', this.#named);
    this.#failing = false;
    await delay(COALESCE_MS);
    if (this.#unsent || this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.options.stateMs ?? LIMITS.DISPLAY_STATE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    const since = performance.now();
    const acknowledged = this.#run === undefined ? undefined : { run: this.#run, after: this.#done };
    const executed = await this.#execute(await this.options.connection.inputs(acknowledged, signal));
    const waited = performance.now() - since;
    if (executed || waited >= IDLE_POLL_MS) return;
    await delay(jittered(IDLE_POLL_MS, { least: 0.5, most: 1.5 }), undefined, { signal }).catch(() => undefined);
  }

  /** @returns whether there was any that has not been executed before */
  async #execute({ run, inputs }: DisplayInputs): Promise<boolean> {
    if (run !== this.#run) [this.#run, this.#done, this.#refused] = [run, 0, null];
    let any = false;
    for (const { number, input } of inputs) {
      if (this.#stopping.signal.aborted || number <= this.#done) continue;
      any = true;
      await this.#executeOne(number, input);
      this.#done = number;
      await replaceDurably(this.#file, JSON.stringify({ version: 1, run, done: number }));
    }
    return any;
  }

  async #executeOne(number: number, input: DisplayInput): Promise<void> {
    const { execute, journal } = this.options;
    journal.info('input of the display', { ...this.#named, inputNumber: number, input: input.do });
    try {
      await execute(input, keyOf(`${this.#run} ${number}`));
      this.#refused = null;
    } catch (error) {
      const known = error instanceof ProblemError;
      const text = known ? error.detail : 'The agent could not do this. Its log has the reason.';
      if (!known) journal.unexpected(error, 'an input of the display');
      else {
        const about = { ...this.#named, inputNumber: number, input: input.do };
        journal.warn('refused', { ...about, problem: error.code, detail: error.detail });
      }
      this.#refused = { input: number, text: text.slice(0, 200) };
    }
    this.changed();
  }

  get #named(): { deviceId: string } {
    return { deviceId: this.options.deviceId };
  }

  #report(error: unknown, what: string): void {
    const known = error instanceof DeviceUnreachable || error instanceof DeviceRefused;
    if (!known) this.options.journal.unexpected(error, what);
    else if (!this.#failing)
      this.options.journal.warn('the display cannot be used', { ...this.#named, detail: error.message });
    this.#failing = true;
  }
}

/** A UUID (RFC 9562 5.8) that depends on nothing but the text. */
function keyOf(text: string): string {
  const hex = sha256Hex(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
