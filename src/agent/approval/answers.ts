import { join } from 'node:path';
import type { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { approval } from '../../protocol/control-channel';
import { toInstant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { appendDurably, readState, replaceDurably } from '../durable-file';
import type { Decision, RequestedApproval } from '../sessions/agent-session';
import { recordOf, signRecord, type Signer } from './approval-record';

const FILE = 'answers.jsonl';
/** The latest ones; about a megabyte. */
export const ANSWERS_KEPT = 1_000;

/** An answer as the control plane receives it. */
export type SentAnswer = Omit<z.infer<typeof approval.request>, 'remoteSessionId'>;

export interface GivenAnswer {
  readonly answer: SentAnswer;
  /** Resolves when the answer is on disk. */
  readonly stored: Promise<void>;
}

export interface AnswersOptions {
  /** The state folder. */
  readonly folder: string;
  readonly journal: Journal;
  /** undefined: this agent was enrolled by a version that had no signing keys. */
  readonly signer: Signer | undefined;
  /** Time of day in epoch milliseconds. */
  readonly timeOfDay?: () => number;
}

/**
 * The answers of this agent to approval requests, as JSON lines in the state folder. Each is signed once and is on disk
 * before it is sent, so that a restarted agent does not answer the same request differently.
 */
export class Answers {
  readonly #file: string;
  readonly #given = new Map<string, GivenAnswer>();
  #lines = 0;
  /** One write after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: AnswersOptions) {
    this.#file = join(options.folder, FILE);
  }

  /** Loads the file. Lines that cannot be read were not complete when the agent was killed, so they were never sent. */
  async load(): Promise<void> {
    const text = (await readState(this.#file)) ?? '';
    const lines = text.split('\n');
    this.#lines = lines.length;
    for (const line of lines) {
      const { data } = approval.request.safeParse(parseJson(line));
      if (data) this.#keep(data.remoteSessionId, { answer: answerOf(data), stored: Promise.resolve() });
    }
  }

  of(remoteSessionId: string): GivenAnswer | undefined {
    return this.#given.get(remoteSessionId);
  }

  /** Signs and stores the answer to a request. */
  give(asked: RequestedApproval, decision: Decision): GivenAnswer {
    const { remoteSessionId } = asked;
    const answer = this.#signed(asked, decision);
    const stored = this.#writing.then(() => this.#write({ remoteSessionId, ...answer }));
    this.#writing = stored.catch(() => undefined);
    const given = { answer, stored };
    this.#keep(remoteSessionId, given);
    return given;
  }

  /** Resolves when all answers are on disk. */
  async close(): Promise<void> {
    await this.#writing;
  }

  #signed(asked: RequestedApproval, decision: Decision): SentAnswer {
    const { signer, timeOfDay = Date.now } = this.options;
    const answer: SentAnswer =
      decision.decision === 'approved'
        ? { decision: decision.decision, grant: decision.grant }
        : { decision: decision.decision, denied: decision.denied };
    if (!signer) return answer;
    const record = recordOf(signer.agentId, asked, decision, toInstant(timeOfDay()));
    return { ...answer, record: signRecord(signer, record) };
  }

  #keep(remoteSessionId: string, given: GivenAnswer): void {
    this.#given.set(remoteSessionId, given);
    const [oldest] = this.#given.keys();
    if (this.#given.size > ANSWERS_KEPT && oldest !== undefined) this.#given.delete(oldest);
  }

  async #write(answer: z.infer<typeof approval.request>): Promise<void> {
    try {
      if (this.#lines >= 2 * ANSWERS_KEPT) return await this.#rewrite();
      // the line break comes first, because the last write may not have been complete
      await appendDurably(this.#file, `\n${JSON.stringify(answer)}`);
      this.#lines++;
    } catch (error) {
      const { message } = error as Error;
      this.options.journal.error('an answer could not be stored, so it is not sent', { detail: message });
      throw error;
    }
  }

  async #rewrite(): Promise<void> {
    const kept = [...this.#given].map(([remoteSessionId, { answer }]) =>
      JSON.stringify({ remoteSessionId, ...answer }),
    );
    await replaceDurably(this.#file, kept.join('\n'));
    this.#lines = kept.length;
  }
}

const answerOf = ({ remoteSessionId: _, ...answer }: z.infer<typeof approval.request>): SentAnswer => answer;
