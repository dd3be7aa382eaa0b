import { AccessStage } from '../../../test/support/agent/access-stage';
import { recordedJournal } from '../../../test/support/recorded-journal';
import type { Company } from '../../protocol/company';
import type { AgentSession, EndedSession, Phase } from '../sessions/agent-session';
import { parseConfiguration } from '../configuration/configuration';
import { cancelledReport, type AgentJobs, type JobPhase } from '../maintenance/job';
import { panelView } from './panel-view';

const { devices } = parseConfiguration(
  JSON.stringify({
    devices: [
      {
        id: 'mfp-1',
        name: 'MFP in the hall',
        kind: 'mfp',
        location: 'Hall',
        applications: [
          { id: 'web', title: 'Web pages', target: 'http://192.0.2.1' },
          { id: 'box', title: 'Document boxes', target: 'http://192.0.2.1', protocol: 'box' },
        ],
      },
    ],
  }),
  '/',
);
const NOW = 1_900_000_000_000;
const id = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11';
const named = {
  remoteSessionId: id,
  userName: 'Tina',
  reason: 'streaks',
  minutes: 30,
  deviceId: 'mfp-1',
  deviceName: 'MFP in the hall',
  location: 'Hall',
  applicationTitle: 'Web pages',
};

let stage: AccessStage;
beforeEach(() => (stage = new AccessStage(devices, recordedJournal().journal)));
afterEach(() => stage.strike());

function viewOf(phase: Phase, ended: EndedSession[] = [], jobs: AgentJobs = new Map(), company?: Company) {
  const session: AgentSession = {
    asked: {
      remoteSessionId: id,
      deviceId: 'mfp-1',
      applicationId: 'web',
      asker: { kind: 'user', id: 'tina', name: 'Tina' },
      reason: 'streaks',
      minutes: 30,
      answerBefore: NOW + 5000,
    },
    grant: 'view',
    conditionId: null,
    phase,
  };
  const { access } = stage;
  const sources = { devices, sessions: new Map([[id, session]]), jobs, online: true, asleep: false, ended, access };
  const origins = { asking: [], permitted: [] };
  return panelView({ ...sources, origins, company }, NOW);
}

describe('panelView', () => {
  it('names the company of the server, which the person at the device knows', () => {
    const company = { name: 'Acme Copiers' };
    expect(viewOf({ name: 'declined' }, [], new Map(), company).company).toEqual(company);
    expect(viewOf({ name: 'declined' })).not.toHaveProperty('company');
  });

  it('shows a job that needs approval, and nothing of one that was approved or does not wait for it', () => {
    const order = {
      jobId: id,
      deviceId: 'mfp-1',
      operation: 'restart',
      expiresInSeconds: 60,
      requestedBy: 'Tina',
    } as const;
    const waiting = { name: 'waiting', hold: 'approval', detail: '', expiresAt: NOW + 9000 } as const;
    const asking = (phase: JobPhase) => viewOf({ name: 'declined' }, [], new Map([[id, { order, phase }]])).jobsAsking;
    expect(asking(waiting)).toEqual([
      {
        ...{ jobId: id, userName: 'Tina', deviceId: 'mfp-1', deviceName: 'MFP in the hall', location: 'Hall' },
        ...{ operation: 'restart', firmwareVersion: null, answerBefore: NOW + 9000 },
      },
    ]);
    expect(asking({ ...waiting, approved: true })).toEqual([]);
    expect(asking({ ...waiting, hold: 'processing' })).toEqual([]);
    expect(asking({ name: 'over', report: cancelledReport, forgetAt: NOW })).toEqual([]);
  });

  it('shows user, device, application, reason and duration of a request (Fig. 11)', () => {
    expect(viewOf({ name: 'asking' })).toEqual({
      now: NOW,
      online: true,
      asleep: false,
      asking: [{ ...named, answerBefore: NOW + 5000, viewable: false }],
      jobsAsking: [],
      live: [],
      maintenance: [],
      ended: [],
      devices: [
        {
          id: 'mfp-1',
          name: 'MFP in the hall',
          location: 'Hall',
          applications: [{ id: 'web', title: 'Web pages', viewable: false }],
          hasBoxes: true,
          askers: [],
        },
      ],
      conditions: [],
      denials: [],
      originsAsking: [],
      originsPermitted: [],
    });
  });

  it('shows the first open job of each device', () => {
    const over = { name: 'over', report: cancelledReport, forgetAt: NOW } as const;
    const held = { name: 'waiting', hold: 'stopped', detail: '', expiresAt: NOW } as const;
    const begun = { name: 'started', activity: '', percent: null } as const;
    const jobsIn = (...phases: JobPhase[]): AgentJobs =>
      new Map(
        phases.map((phase, i) => {
          const operation = (['restart', 'counters'] as const)[i]!;
          return [
            operation,
            { order: { jobId: operation, deviceId: 'mfp-1', operation, expiresInSeconds: 60 }, phase },
          ];
        }),
      );
    const lineOf = (...phases: JobPhase[]) => viewOf({ name: 'declined' }, [], jobsIn(...phases)).maintenance;
    const line = { deviceId: 'mfp-1', deviceName: 'MFP in the hall', operation: 'restart', started: false };
    expect(lineOf(held, held)).toEqual([line]);
    expect(lineOf(begun, held)).toEqual([{ ...line, started: true }]);
    expect(lineOf(over, begun)).toEqual([{ ...line, operation: 'counters', started: true }]);
    expect(lineOf(over)).toEqual([]);
  });

  const endsAt = NOW + 1;
  it.each<[Phase, object]>([
    [{ name: 'approved' }, {}],
    [{ name: 'connecting', endsAt }, { endsAt }],
    [{ name: 'connected', endsAt, since: NOW, draining: false }, { endsAt }],
    [
      { name: 'connected', endsAt, since: NOW, draining: true },
      { endsAt, draining: true },
    ],
    [{ name: 'ending', ending: 'expired', detail: '', since: NOW }, { ending: 'expired' }],
  ])('shows a banner while a session is %j', (phase, shown) => {
    const plain = { ...named, phase: phase.name, grant: 'view', endsAt: null, draining: false, ending: null };
    expect(viewOf(phase).live).toEqual([{ ...plain, ...shown }]);
    expect(viewOf(phase).asking).toEqual([]);
  });

  it.each<[Phase]>([[{ name: 'declined' }], [{ name: 'over', forgetAt: NOW }]])('shows nothing for %j', (phase) => {
    expect([...viewOf(phase).asking, ...viewOf(phase).live]).toEqual([]);
  });

  it('lists ended sessions, even of devices that are no longer configured', () => {
    const ended: EndedSession = {
      remoteSessionId: id,
      deviceId: 'gone',
      applicationId: 'box',
      userName: 'Tina',
      reason: 'streaks',
      grant: null,
      ending: 'expired',
      detail: 'no answer in time',
      connectedAt: null,
      endedAt: '2030-01-01T00:00:00.000Z',
    };
    expect(viewOf({ name: 'declined' }, [ended]).ended).toEqual([
      {
        userName: 'Tina',
        deviceId: 'gone',
        deviceName: 'gone',
        location: '',
        applicationTitle: 'box',
        reason: 'streaks',
        grant: null,
        ending: 'expired',
        connectedAt: null,
        endedAt: '2030-01-01T00:00:00.000Z',
      },
    ]);
  });
});
