import { ProblemError } from '../../../protocol/problems';

export class TooManyDevices extends ProblemError {
  constructor(limit: number) {
    super('conflict', `The report has more than ${limit} devices. Choose one customer.`);
  }
}
export class UnknownTemplate extends ProblemError {
  constructor() {
    super('not-found', 'There is no such template.');
  }
}
export class TemplateNameTaken extends ProblemError {
  constructor(name: string) {
    super('conflict', `A template ${name} already exists.`);
  }
}
export class UnknownReportMail extends ProblemError {
  constructor() {
    super('not-found', 'There is no such mail.');
  }
}
export class TooManyReports extends ProblemError {
  constructor(what: 'templates' | 'mails', limit: number) {
    super('conflict', `There are ${limit} ${what}, and there cannot be more.`);
  }
}
