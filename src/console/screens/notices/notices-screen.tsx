import { Button, SegmentedControl, Text } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import type { Notice } from '../../../protocol/notice';
import { useNotices, useReadAllNotices, useReadNotice, useUnreadNotices, type NoticeFilter } from '../../api/notices';
import { rowsOf } from '../../api/pages';
import { useFormats, useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { noticeTarget, noticeText, noticeTitle } from './notice-texts';

export function NoticesScreen() {
  const t = useText();
  const [parameters, setParameters] = useSearchParams();
  const filter: NoticeFilter = parameters.get('show') === 'all' ? 'all' : 'unread';
  const show = (value: string): void => setParameters(value === 'all' ? { show: value } : {}, { replace: true });
  const notices = useNotices(filter);
  return (
    <Page title={t.notices.title} lead={t.notices.lead} actions={<ReadAll />}>
      <Panel>
        <div className="tools">
          <SegmentedControl
            aria-label={t.notices.title}
            data={(['unread', 'all'] as const).map((value) => ({ value, label: t.notices[value] }))}
            value={filter}
            onChange={show}
          />
        </div>
        <Loaded query={notices}>
          {(pages) => {
            // notices that have just been read leave the unread ones
            const rows = rowsOf(pages).filter(({ readAt }) => filter === 'all' || !readAt);
            if (rows.length > 0) return <NoticeList notices={rows} />;
            if (filter === 'all') return <Empty title={t.notices.emptyAll} hint={t.notices.emptyUnreadHint} />;
            return (
              <Empty title={t.notices.emptyUnread} hint={t.notices.emptyUnreadHint}>
                <Button variant="default" onClick={() => show('all')}>
                  {t.notices.toAll}
                </Button>
              </Empty>
            );
          }}
        </Loaded>
        <More query={notices} history="notices" />
      </Panel>
    </Page>
  );
}

function ReadAll() {
  const t = useText();
  const { data } = useUnreadNotices();
  const readAll = useReadAllNotices();
  if (!data || data.rows.length === 0) return null;
  return (
    <>
      <Button size="xs" variant="default" loading={readAll.isPending} onClick={() => readAll.mutate()}>
        {t.notices.readAll}
      </Button>
      {readAll.error && <ProblemNotice error={readAll.error} />}
    </>
  );
}

const NoticeList = ({ notices }: { notices: Notice[] }) => (
  <ul className="notices">
    {notices.map((notice) => (
      <Row key={notice.id} notice={notice} />
    ))}
  </ul>
);

function Row({ notice }: { notice: Notice }) {
  const t = useText();
  const formats = useFormats();
  const read = useReadNotice();
  const { id, at, readAt, mail } = notice;
  const application = 'applicationId' in notice ? notice.applicationId : '';
  const { to, label } = noticeTarget(notice, t);
  const markRead = (): void => read.mutate(id);
  return (
    <li className={readAt ? undefined : 'unread'}>
      <div>
        <Text size="sm" fw={readAt ? 400 : 600}>
          {noticeTitle(notice, t)}
        </Text>
        <Text size="sm">{noticeText(notice, t)}</Text>
        <div className="minor">
          {[formats.moment(at), application, t.notices.mails[mail]].filter(Boolean).join(' · ')}
        </div>
        {read.error && <ProblemNotice error={read.error} />}
      </div>
      <div className="notice-actions">
        <Link to={to} onClick={() => !readAt && markRead()}>
          {label}
        </Link>
        {!readAt && (
          <Button size="xs" variant="default" loading={read.isPending} onClick={markRead}>
            {t.notices.read}
          </Button>
        )}
      </div>
    </li>
  );
}
