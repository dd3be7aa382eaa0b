import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';

export class UnknownSettingsTemplate extends ProblemError {
  constructor() {
    super('unknown-settings-template', 'There is no such settings template.');
  }
}
export class SettingsTemplateNameTaken extends ProblemError {
  constructor(name: string) {
    super('conflict', `A template ${name} already exists.`);
  }
}
export class SettingsTemplateChanged extends ProblemError {
  constructor(name: string) {
    super('outdated', `The template ${name} has been changed in the meantime.`);
  }
}
export class TooManySettingsTemplates extends ProblemError {
  constructor() {
    super('conflict', `There are ${LIMITS.SETTINGS_TEMPLATES} settings templates, and there cannot be more.`);
  }
}
