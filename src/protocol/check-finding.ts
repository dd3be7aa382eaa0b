import { z } from 'zod';
import { shownLine } from './shown-text';

/** Of one thing that was checked: what works, or a problem with what to do. */
export const checkFinding = z.object({ subject: shownLine(160), isProblem: z.boolean(), text: shownLine(500) });
export type CheckFinding = z.infer<typeof checkFinding>;

export const note = (subject: string, text: string): CheckFinding => ({ subject, isProblem: false, text });
export const problem = (subject: string, text: string): CheckFinding => ({ subject, isProblem: true, text });

/** As the errors of TCP, TLS and the file system are. */
type CodedError = Error & { readonly code?: string };

/** @param work what works @param explain what is wrong, and what to do */
export async function check(
  subject: string,
  work: () => Promise<string>,
  explain: (error: CodedError) => string,
): Promise<CheckFinding> {
  try {
    return note(subject, await work());
  } catch (error) {
    return problem(subject, explain(error as CodedError));
  }
}
