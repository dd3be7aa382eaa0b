import { ProblemError } from '../../protocol/problems';

/** Also for an alert out of reach of the actor: its existence is not revealed. */
export class UnknownAlert extends ProblemError {
  constructor() {
    super('unknown-alert', 'There is no such alert.');
  }
}
/** Another user has changed the settings since they were read. */
export class SettingsChanged extends ProblemError {
  constructor(version: number) {
    super('outdated', `The current version is ${version}.`);
  }
}
export class UnknownWebhook extends ProblemError {
  constructor() {
    super('not-found', 'There is no such webhook.');
  }
}
export class TooManyWebhooks extends ProblemError {
  constructor(limit: number) {
    super('conflict', `There are ${limit} webhooks, and there cannot be more.`);
  }
}
export class UnknownDelivery extends ProblemError {
  constructor() {
    super('not-found', 'There is no such delivery.');
  }
}
/** It is being sent, or will be. */
export class DeliveryPending extends ProblemError {
  constructor() {
    super('wrong-state', 'The delivery is waiting for its next attempt.');
  }
}
