import { ApiProblem } from '../api/request';

/** What the server says about single fields of a form, by their names. */
export function fieldErrors(error: unknown): Record<string, string> {
  const errors = error instanceof ApiProblem ? (error.problem.errors ?? []) : [];
  return Object.fromEntries(errors.map(({ path, message }) => [path, message]));
}
