import { ApiProblem } from '../api/request';
import type { Messages } from '../messages/en';

/** The texts of a form's fields, by their names; a missing field is empty. */
export function textsOf(form: HTMLFormElement): (name: string) => string {
  const fields = new FormData(form);
  return (name) => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : '';
  };
}

/** The server's errors about the fields of a form, by name. */
export function fieldErrors(error: unknown, t: Messages): Record<string, string> {
  const errors = error instanceof ApiProblem ? (error.problem.errors ?? []) : [];
  return Object.fromEntries(errors.map(({ path, message }) => [path, t.fieldError(message)]));
}
