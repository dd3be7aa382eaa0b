import type { ProblemCode } from '../../protocol/problems';

/** Title and remedy of problems in the language of a catalogue; for the others the server's own words serve. */
export type ProblemWords = Partial<Record<ProblemCode, { title: string; remedy: string }>>;
