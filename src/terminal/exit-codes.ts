/** Exit codes of the technician's commands. They are stable: scripts rely on them. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'done; `connect`: the session was ended from this computer' },
  unexpected: { code: 1, meaning: 'unexpected error' },
  usage: { code: 2, meaning: 'the command line or the request to the server is not valid' },
  'not-logged-in': { code: 3, meaning: 'no login is stored, or its token is no longer accepted' },
  'server-unreachable': { code: 4, meaning: 'the server cannot be reached, or is not a Platen server' },
  'refused-at-device': { code: 5, meaning: 'the person at the device pressed NO' },
  'no-answer': { code: 6, meaning: 'the request was not answered at the device in time' },
  'device-offline': { code: 7, meaning: 'the agent of the device is not connected' },
  'session-exists': { code: 8, meaning: 'another session with the device is still open' },
  lost: { code: 9, meaning: 'the session was lost: a connection or the relay failed' },
  'certificate-not-trusted': {
    code: 10,
    meaning: "the server's certificate cannot be verified, or its key does not match the pin",
  },
  'login-refused': { code: 11, meaning: 'the user ID, the password or the second factor is wrong' },
  'not-found': {
    code: 12,
    meaning: 'no such device, application, session, job, campaign, release, deployment or firmware',
  },
  'setup-failed': { code: 13, meaning: 'the session could not be set up, for example because no relay is available' },
  'ended-elsewhere': {
    code: 14,
    meaning: 'the session was ended at the device or by an administrator',
  },
  expired: { code: 15, meaning: 'the session reached its time limit' },
  'not-permitted': { code: 16, meaning: 'the user does not have the required role' },
  'try-later': {
    code: 17,
    meaning:
      'too many requests, also at the device, a relay is being deployed, or the database of the server is not available; try again later',
  },
  'wrong-state': {
    code: 18,
    meaning: 'not possible in the present state of the session, job, campaign, device, release, deployment or firmware',
  },
  'local-port': { code: 19, meaning: 'the local port cannot be opened' },
  cancelled: {
    code: 20,
    meaning: '`connect`: cancelled before the session was connected; `maintain`: before the job started on the device',
  },
  version: { code: 21, meaning: 'the server and the command have different protocol versions' },
  'rolled-back': {
    code: 22,
    meaning: '`deploy`: the deployment failed and was rolled back; the earlier relay is in service',
  },
  'deployment-aborted': { code: 23, meaning: '`deploy`: the deployment was aborted; nothing was changed' },
  'deployment-failed': { code: 24, meaning: '`deploy`: the earlier relay could not be put back in service' },
  'release-refused': {
    code: 25,
    meaning: 'the release or the firmware fails verification',
  },
  'storage-full': { code: 26, meaning: "the server's disk is full" },
  halted: { code: 27, meaning: '`connect`: the session was interrupted by a deployment of the relay' },
  'job-failed': { code: 28, meaning: '`maintain`: the job failed; the output gives the reason' },
  'job-expired': { code: 29, meaning: '`maintain`: the job was not started in time' },
  denied: {
    code: 30,
    meaning: '`connect`: the access conditions set at the device do not permit it, or no longer',
  },
  'not-verified': { code: 31, meaning: '`session verify`: the approval record does not prove what the server shows' },
  'no-record': { code: 32, meaning: '`session verify`: the session has no approval record' },
  interrupted: {
    code: 130,
    meaning: 'stopped by a second Ctrl-C, or by Ctrl-C at a prompt; a deployment or a started job continues',
  },
} as const;
export type Exit = keyof typeof EXIT_CODES;
