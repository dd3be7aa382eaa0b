import { Button, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link, useLocation } from 'react-router';
import type { Notice } from '../../../protocol/notice';
import { useReadNotice, useUnreadNotices } from '../../api/notices';
import { useText } from '../../messages/language';
import { Ago } from '../../parts/time';
import { WarningIcon } from '../../parts/icons';
import { EndedWork } from './ended-work';
import { noticeTarget, noticeText, noticeTitle } from './notice-texts';

/** There, ends of jobs and campaigns would cover the keys of the remote panel; they are shown afterwards. */
const SESSION_VIEW = /^\/sessions\/[^/]+\/view$/;
/** Maximum number of cards, on narrow and on other screens. */
const [NARROW, SHOWN_NARROW, SHOWN] = ['(max-width: 48em)', 1, 3];

/** Unread notices, shown on top of every screen until they are read (S315, E18). */
export function NewNotices() {
  const t = useText();
  const { pathname } = useLocation();
  const { data } = useUnreadNotices();
  const rows = pathname === '/notices' ? [] : (data?.rows ?? []);
  const shown = useMediaQuery(NARROW) ? SHOWN_NARROW : SHOWN;
  const others = rows.length - shown;
  return (
    <section className="new-notices" aria-label={t.notices.new} aria-live="polite">
      {rows.slice(0, shown).map((notice) => (
        <Card key={notice.id} notice={notice} />
      ))}
      {others > 0 && (
        <Button component={Link} to="/notices" size="xs" variant="default">
          {t.notices.others(`${others}${data?.next ? '+' : ''}`)}
        </Button>
      )}
      {!SESSION_VIEW.test(pathname) && <EndedWork most={shown} />}
    </section>
  );
}

function Card({ notice }: { notice: Notice }) {
  const t = useText();
  const read = useReadNotice();
  const { to, label } = noticeTarget(notice, t);
  return (
    <article className="notice new">
      <WarningIcon />
      <div>
        <Text fw={600} size="sm">
          {noticeTitle(notice, t)}
        </Text>
        <Text size="sm">{noticeText(notice, t)}</Text>
        <div className="notice-actions">
          <Link to={to} onClick={() => read.mutate(notice.id)}>
            {label}
          </Link>
          <Button size="compact-xs" variant="default" loading={read.isPending} onClick={() => read.mutate(notice.id)}>
            {t.notices.read}
          </Button>
          <span className="minor">
            <Ago at={notice.at} />
          </span>
        </div>
      </div>
    </article>
  );
}
