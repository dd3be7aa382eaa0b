import { isOver as isDeploymentOver } from '../deployment/deployment.machine';
import type { DeploymentEntity } from '../deployment/deployment.entity';
import type { Ending } from '../../protocol/remote-session';
import type { JobEntity } from '../maintenance/job.entity';
import { isOver as isJobOver } from '../maintenance/job.machine';
import type { SessionEntity } from '../sessions/session.entity';
import type { TracedSubject } from './life-cycle-spans';

// Only IDs and names of states: no names of people, no reasons and details, which people write, and no secrets.

export const sessionSubject = (session: SessionEntity): TracedSubject => ({
  id: session.id,
  name: 'remote session',
  idAttribute: 'platen.session.id',
  state: session.state,
  isOver: session.state === 'ended',
  failed: session.ending !== null && FAILURES.includes(session.ending),
  startedAt: session.requestedAt,
  endedAt: session.endedAt,
  parts: { 'device half': session.deviceHalf, 'terminal half': session.terminalHalf },
  attributes: {
    'platen.device.id': session.deviceId,
    'platen.agent.id': session.agentId,
    'platen.application.id': session.applicationId,
    'platen.relay.id': session.relayId,
    'platen.session.ending': session.ending,
    'platen.session.denial': session.denial,
    'platen.session.grant': session.grant,
    'platen.session.bytes_from_device': session.bytesFromDevice,
    'platen.session.bytes_from_terminal': session.bytesFromTerminal,
  },
});

const FAILURES: readonly Ending[] = ['failed', 'lost-relay', 'lost-device', 'lost-terminal', 'device-offline'];

export const jobSubject = (job: JobEntity): TracedSubject => ({
  id: job.id,
  name: 'maintenance job',
  idAttribute: 'platen.job.id',
  state: job.state,
  isOver: isJobOver(job.state),
  failed: job.state === 'failed',
  startedAt: job.requestedAt,
  endedAt: job.endedAt,
  attributes: {
    'platen.job.operation': job.operation,
    'platen.job.state': job.state,
    'platen.job.failure': job.failure,
    'platen.device.id': job.deviceId,
    'platen.agent.id': job.agentId,
  },
});

export const deploymentSubject = (deployment: DeploymentEntity): TracedSubject => ({
  id: deployment.id,
  name: 'deployment',
  idAttribute: 'platen.deployment.id',
  state: deployment.state,
  isOver: isDeploymentOver(deployment.state),
  failed: deployment.state === 'failed' || deployment.state === 'rolled-back',
  startedAt: deployment.instructedAt,
  endedAt: deployment.finishedAt,
  attributes: {
    'platen.deployment.state': deployment.state,
    'platen.deployment.reason': deployment.reason,
    'platen.relay.id': deployment.relayId,
  },
});
