import { ProblemError } from '../../protocol/problems';
import { InvalidRequest } from '../http/http.errors';

export class UnknownCustomer extends ProblemError {
  constructor() {
    super('not-found', 'There is no such customer.');
  }
}
export class UnknownSite extends ProblemError {
  constructor() {
    super('not-found', 'There is no such site.');
  }
}
export class NameTaken extends ProblemError {
  constructor(what: 'customer' | 'site', name: string) {
    super('conflict', what === 'customer' ? `A customer ${name} already exists.` : `The customer has a site ${name}.`);
  }
}
/** Agents have to be removed, or moved to another site, first. */
export class AgentsRemain extends ProblemError {
  constructor(agentIds: readonly string[]) {
    super('conflict', `Agents are enrolled there: ${agentIds.join(', ')}. Remove them, or move them to another site.`);
  }
}
export class TooManyCustomers extends ProblemError {
  constructor(what: 'customers' | 'sites', limit: number) {
    super('conflict', `There are ${limit} ${what}, and there cannot be more.`);
  }
}
/** An assignment names a customer or a user that does not exist. */
export class UnknownAssignee extends InvalidRequest {
  constructor(path: 'customerIds' | 'userIds') {
    super('The assignment names something that does not exist.', [{ path, message: 'one of these does not exist' }]);
  }
}
