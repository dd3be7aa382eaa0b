import { ApiProblem } from '../api/request';
import type { Messages } from '../messages/en';

/** What the server reports about the fields of a form, by their names. */
export function fieldErrors(error: unknown, t: Messages): Record<string, string> {
  const errors = error instanceof ApiProblem ? (error.problem.errors ?? []) : [];
  return Object.fromEntries(errors.map(({ path, message }) => [path, t.fieldError(message)]));
}
