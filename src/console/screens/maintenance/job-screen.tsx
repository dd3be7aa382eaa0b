import { Button } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { jobApprovalRecord, jobRecordMessage } from '../../../protocol/job-approval';
import type { Job } from '../../../protocol/maintenance';
import { parseJson } from '../../../protocol/parse-json';
import { isOpenJob, useJob } from '../../api/jobs';
import { useFormats, useText } from '../../messages/language';
import { Facts } from '../../parts/facts';
import { Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Steps } from '../../parts/steps';
import { Elapsed } from '../../parts/time';
import { Requester } from '../requester';
import { SignedAnswer } from '../signed-answer';
import { decisionText } from '../device-information/device-texts';
import { SettingOutcomes } from '../settings/setting-outcomes';
import { JobLog } from './job-log';
import { JobResult } from './job-result';
import { CancelJob, JobProgress, JobStateLabel, JobWaiting } from './job-state';
import { stepsOf, type JobStep } from './job-steps';
import { jobTitle } from './job-texts';

/** A maintenance job: its progress and its result. */
export function JobScreen() {
  const { id = '' } = useParams();
  const t = useText();
  const job = useJob(id);
  const { data } = job;
  return (
    <Page
      title={data ? `${jobTitle(data, t)} – ${data.deviceName}` : t.maintenance.job}
      lead={data && <JobStateLabel job={data} />}
      actions={data && <Actions job={data} />}
    >
      <Loaded query={job}>
        {(known) => (
          <>
            <Failure job={known} />
            <div className="columns">
              <Panel title={t.maintenance.course}>
                <div className="panel-body">
                  <JobSteps job={known} />
                </div>
              </Panel>
              <Panel title={t.maintenance.summary}>
                <div className="panel-body">
                  <Summary job={known} />
                </div>
              </Panel>
            </div>
            {known.approvalRecord && (
              <Panel title={t.record.title}>
                <JobRecord job={known} shown={known.approvalRecord} />
              </Panel>
            )}
            {known.settingRows.length > 0 && (
              <Panel title={t.settings.title}>
                <SettingOutcomes job={known} />
              </Panel>
            )}
            {known.result.length > 0 && (
              <Panel title={t.maintenance.result}>
                {known.operation === 'logs-read' ? <JobLog job={known} /> : <JobResult job={known} />}
              </Panel>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** The steps of a job with their times, and the reason for a wait. */
function JobSteps({ job }: { job: Job }) {
  const t = useText();
  const formats = useFormats();
  const hintOf = ({ step, mark, at }: JobStep) => {
    if (step === 'held') return job.hold && t.maintenance.holds[job.hold];
    const moment = at && `${formats.day(at)}, ${formats.clock(at)}`;
    if (mark !== 'now') return moment;
    if (step === 'sent') return job.waiting ? <JobWaiting job={job} /> : t.maintenance.waiting;
    return (
      <>
        {moment}
        <JobProgress job={job} />
      </>
    );
  };
  const steps = stepsOf(job);
  return (
    <Steps
      label={t.maintenance.course}
      steps={steps.map((each) => ({
        key: each.step,
        mark: each.mark,
        title: t.maintenance.steps[each.step],
        hint: hintOf(each),
      }))}
    />
  );
}

/** Who answered the job at the device, where and when. */
function JobRecord({ job, shown }: { job: Job; shown: NonNullable<Job['approvalRecord']> }) {
  const t = useText();
  const record = jobApprovalRecord.safeParse(parseJson(shown.text)).data;
  const fits =
    record !== undefined &&
    [record.jobId, record.deviceId, record.operation].join() === [job.id, job.deviceId, job.operation].join();
  const answer = record && { approved: t.record.approved, declined: t.record.declined }[record.decision];
  return <SignedAnswer shown={shown} messageOf={jobRecordMessage} record={record} fits={fits} answer={answer} />;
}

function Actions({ job }: { job: Job }) {
  const t = useText();
  return (
    <>
      <CancelJob job={job} />
      <Button size="xs" variant="default" component={Link} to={`/devices/${job.deviceId}`}>
        {t.maintenance.toDevice}
      </Button>
    </>
  );
}

function Failure({ job: { failure, detail } }: { job: Job }) {
  const t = useText();
  if (!failure) return null;
  return (
    <div className="notice" role="status">
      <div>
        <strong>{t.maintenance.failures[failure]}</strong>
        {detail && <div>{t.detail(detail)}</div>}
        <div className="minor">{t.maintenance.remedies[failure]}</div>
      </div>
    </div>
  );
}

function Summary({ job }: { job: Job }) {
  const t = useText();
  const formats = useFormats();
  const { deviceId, deviceName, firmware, log, user, campaignId, decision, expiresAt, beganAt, id } = job;
  const words = t.maintenance.log;
  const lines = log && [
    log.from !== undefined && words.fromTime(formats.moment(log.from)),
    log.until !== undefined && words.untilTime(formats.moment(log.until)),
    log.level !== undefined && words.ofLevel(words.levels[log.level] ?? log.level),
  ];
  return (
    <Facts
      of={[
        [
          t.maintenance.device,
          <Link key="device" to={`/devices/${deviceId}`}>
            {deviceName}
          </Link>,
        ],
        [t.maintenance.who, <Requester key="who" of={user} />],
        [
          t.campaigns.campaign,
          campaignId && (
            <Link key="campaign" to={`/campaigns/${campaignId}`}>
              {t.campaigns.stopped.show}
            </Link>
          ),
        ],
        [t.maintenance.firmware, firmware && `${firmware.version} (${firmware.name})`],
        [words.which, lines && lines.filter(Boolean).join(', ')],
        [t.maintenance.information, decision && decisionText(decision, t)],
        [t.maintenance.expires, isOpenJob(job) && !beganAt && formats.moment(expiresAt)],
        [t.maintenance.took, beganAt && <Elapsed key="time" from={beganAt} to={job.endedAt} />],
        [t.maintenance.id, id],
      ]}
    />
  );
}
