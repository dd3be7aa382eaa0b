import type { CampaignState } from '../../protocol/campaign';
import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import { InvalidRequest } from '../http/http.errors';

export class UnknownCampaign extends ProblemError {
  constructor() {
    super('unknown-campaign', 'There is no such campaign.');
  }
}
export class WrongCampaignState extends ProblemError {
  constructor(state: CampaignState, wanted: string) {
    super('wrong-state', `The campaign is ${state}; it cannot be ${wanted}.`);
  }
}
export class TooManyCampaigns extends ProblemError {
  constructor() {
    super('too-many-campaigns', `There are ${LIMITS.CAMPAIGNS_OPEN} open campaigns.`);
  }
}
export class CampaignBeyondReach extends ProblemError {
  constructor() {
    super('forbidden', 'Some devices of this campaign belong to customers that you are not assigned to.');
  }
}
export class NoDeviceLeft extends InvalidRequest {
  constructor(why: string) {
    super('Every device would be skipped.', [{ path: 'devices', message: why }]);
  }
}
export class CampaignContradiction extends InvalidRequest {
  constructor(path: string, message: string) {
    super('Some fields contradict each other.', [{ path, message }]);
  }
}
