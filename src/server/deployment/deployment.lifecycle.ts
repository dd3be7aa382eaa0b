import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { DeploymentState } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import { Backoff } from '../../tunnel/backoff';
import { RelayDirectory } from '../relays/relay-directory';
import { DeploymentDeadlines } from './deployment-deadlines';
import { UnknownDeployment } from './deployment.errors';
import { DeploymentEvents } from './deployment-events';
import type { DeploymentEntity } from './deployment.entity';
import { DEPLOYMENT_MACHINE, isFinal, transition, type Input, type Transition } from './deployment.machine';
import { DeploymentWork, type FollowUp } from './deployment-work';
import { DeploymentsRepository } from './deployments.repository';
import { pause } from './pause';
import { returnAfterSeconds } from './return-after';

/** What comes with an input. */
export type News = Omit<FollowUp, 'input'> & {
  /** The input is meant for this state only. */
  readonly from?: DeploymentState;
};

const DETAIL_CHARACTERS = 500;
/** How often a change is tried again that another one has overtaken. */
const OVERTAKEN = 5;

/** What goes on for an open deployment. */
interface Running {
  readonly stop: AbortController;
  /** Resolves when its work has stopped; never rejects. */
  readonly stopped: Promise<void>;
  timer?: NodeJS.Timeout;
}

/** The only writer of a deployment's state: look up the transition, save it `WHERE state = :from`, publish, carry out. */
@Injectable()
export class DeploymentLifecycle implements OnModuleDestroy {
  private readonly running = new Map<string, Running>();
  private isStopping = false;

  constructor(
    private readonly repository: DeploymentsRepository,
    private readonly work: DeploymentWork,
    private readonly deadlines: DeploymentDeadlines,
    private readonly directory: RelayDirectory,
    private readonly events: DeploymentEvents,
    private readonly journal: Journal,
  ) {}

  /** Begins, or takes up again, what the state of the deployment asks for. */
  enter(deployment: DeploymentEntity): void {
    const { id, state, relayId } = deployment;
    this.events.publish('changed', id);
    const before = this.running.get(id);
    before?.stop.abort();
    clearTimeout(before?.timer);
    const { refuses = false, work } = DEPLOYMENT_MACHINE[state];
    if (refuses || this.directory.isDraining(relayId))
      void this.directory.drain(relayId, refuses, returnAfterSeconds(deployment) ?? 0);
    this.running.delete(id);
    if (!work || this.isStopping) return;
    const stop = new AbortController();
    // one work at a time: the one before may be about to ask the keeper for something
    const stopped = (before?.stopped ?? Promise.resolve()).then(() => this.carryOut(deployment, stop.signal));
    const running: Running = { stop, stopped };
    this.running.set(id, running);
    this.expireAt(deployment.deadlineAt, deployment, running);
  }

  /**
   * Applies one input; when it returns, the change is saved.
   * @returns the changed deployment, or undefined when its state does not take this input
   * @throws UnknownDeployment
   */
  async apply(id: string, input: Input, news: News = {}): Promise<DeploymentEntity | undefined> {
    for (let attempt = 0; attempt < OVERTAKEN; attempt++) {
      const deployment = await this.repository.find(id);
      if (!deployment) throw new UnknownDeployment(id);
      const next = transition(deployment.state, input);
      if (!next || (news.from && news.from !== deployment.state)) return undefined;
      const values = this.valuesFor(deployment, next, news);
      if (!(await this.repository.change(id, deployment.state, values))) continue;
      const changed = Object.assign(deployment, values);
      const { state, reason, detail } = changed;
      this.journal.info('deployment', { deploymentId: id, state, reason, detail });
      this.enter(changed);
      return changed;
    }
    throw new Error(`deployment ${id} changed ${OVERTAKEN} times while ${input} was applied`);
  }

  /** What is open is taken up again by the next start; until then the relay is not to be touched any more. */
  onModuleDestroy(): void {
    this.isStopping = true;
    for (const { stop, timer } of this.running.values()) {
      stop.abort();
      clearTimeout(timer);
    }
  }

  private valuesFor(deployment: DeploymentEntity, { to, reason }: Transition, news: News): Partial<DeploymentEntity> {
    const now = new Date();
    const changed: DeploymentEntity = { ...deployment, ...news.values, state: to, enteredAt: now };
    const output = [deployment.output, news.output].filter(Boolean).join('\n');
    const detail = [deployment.detail, news.detail].filter(Boolean).join(' ');
    return {
      ...news.values,
      state: to,
      enteredAt: now,
      deadlineAt: this.deadlines.of(changed, now),
      reason: deployment.reason ?? news.reason ?? reason ?? null,
      detail: detail.slice(0, DETAIL_CHARACTERS),
      output: output.slice(-LIMITS.DEPLOYMENT_OUTPUT_CHARACTERS),
      ...(to === 'trying' && { executedAt: now }),
      ...(to === 'taking-over' && { replacedAt: now }),
      ...(isFinal(to) && { finishedAt: now, openRelay: null }),
    };
  }

  /** The work of a state; what nobody foresaw is tried again until the time of the state is over. */
  private async carryOut(deployment: DeploymentEntity, signal: AbortSignal): Promise<void> {
    const { id, state } = deployment;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        const { input, ...news } = await this.work.carryOut(DEPLOYMENT_MACHINE[state].work!, deployment, signal);
        if (!signal.aborted) await this.apply(id, input, { ...news, from: state });
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.journal.unexpected(error, `deployment ${id} was ${state}`);
        await pause(signal, backoff.next()).catch(() => undefined);
      }
    }
  }

  private expireAt(at: Date | null, deployment: DeploymentEntity, running: Running): void {
    if (!at || running.stop.signal.aborted) return;
    const { id, state } = deployment;
    const { input } = DEPLOYMENT_MACHINE[state].timeout!;
    running.timer = setTimeout(
      () => {
        this.apply(id, input, { from: state }).catch((error: unknown) => {
          this.journal.unexpected(error, `ending the time of deployment ${id}`);
          this.expireAt(new Date(Date.now() + LIMITS.RETRY_FIRST_MS), deployment, running);
        });
      },
      Math.max(0, at.getTime() - Date.now()),
    );
  }
}
