import { PROBLEMS, type ProblemCode } from '../../protocol/problems';

/** Title and remedy of a problem. */
export type ProblemTexts = Record<ProblemCode, { readonly title: string; readonly remedy: string }>;

/** The API's own remedies name commands and paths; these name screens. */
const ON_SCREENS: Partial<Record<ProblemCode, string>> = {
  'invalid-request': 'Correct the fields that are marked.',
  'second-factor-required': 'Enter the code of your authenticator app, or a recovery code.',
  'second-factor-missing': 'Set up an authenticator app.',
  'login-too-old': 'Log out and in again, then repeat this within 15 minutes.',
  'unknown-device': 'Look for it in the list of devices. Its agent may have been removed.',
  'unknown-application': 'Choose one of the applications on the page of the device.',
  'unknown-session': 'Look for it in the list of sessions.',
  'session-exists': 'End it first, or wait for both end logs.',
  'relay-unavailable': 'Try again shortly. If the problem remains, contact your administrator.',
  'relays-drained': 'Ask an administrator to take a relay back into service on the screen Deployment.',
  'no-relay-in-region': 'Try again shortly. If the problem remains, contact your administrator.',
  'deployment-open': 'Wait until that deployment has ended, or abort it.',
  'unknown-deployment': 'Look for it in the history.',
  'unknown-relay': 'Reload the page. The relay may have been removed.',
  'unknown-release': 'Choose one from the list. It may have been removed.',
  'too-many-releases': 'Remove one that is no longer needed.',
  'unknown-job': 'Look for it in the list of jobs.',
  'operation-unsupported':
    'Reload the page to see the available operations. The configuration of the agent defines them.',
  'too-many-jobs': 'Wait for some jobs to finish, or cancel some.',
  'firmware-refused': 'Upload it again, signed. See the detail for what is wrong with it.',
  'firmware-unsigned': 'Upload the file again, signed, and remove this one.',
  'unknown-firmware': 'Choose one from the list. It may have been removed.',
  'unknown-campaign': 'Look for it in the list of campaigns. It may have been removed because of its age.',
  'unknown-settings-template': 'Choose one from the list. It may have been removed.',
  'unknown-notice': 'It may have been removed because of its age.',
};

export const enProblems = {
  problem: {
    unreachableTitle: 'The server cannot be reached',
    unreachableRemedy: 'Check your network. The console tries again automatically.',
    unexpectedTitle: 'The server and this page have different versions',
    unexpectedRemedy: 'Reload the page. The server may have been updated.',
    notLoadedTitle: 'This part of the console could not be loaded',
    notLoadedRemedy: 'The server may have been updated. Reload the page.',
    entriesLost: 'What you have entered on it and not saved is lost.',
    languageNotLoaded: 'The texts of this language could not be loaded',
    reload: 'Reload',
    /** Instead of a remedy that says to wait. */
    retryIn: (seconds: number) =>
      seconds < 60 ? `Try again in ${seconds} s.` : `Try again in ${Math.ceil(seconds / 60)} min.`,
    pageTitle: 'Page not found',
    pageRemedy: 'The address may be mistyped, or the item may have been removed.',
  },
  problems: Object.fromEntries(
    Object.entries(PROBLEMS).map(([code, { title, remedy }]) => [
      code,
      { title, remedy: ON_SCREENS[code as ProblemCode] ?? remedy },
    ]),
  ) as ProblemTexts,
};
