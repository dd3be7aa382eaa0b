import { ActionIcon, Indicator } from '@mantine/core';
import { Link } from 'react-router';
import { useUnreadNotices } from '../../api/notices';
import { useText } from '../../messages/language';
import { BellIcon } from '../../parts/icons';

/** A link to the notices, with the number of unread ones. */
export function NoticeBell() {
  const t = useText();
  const { data } = useUnreadNotices();
  const count = data ? `${data.rows.length}${data.next ? '+' : ''}` : '0';
  return (
    <Indicator label={count} size={16} offset={6} color="red" disabled={count === '0'} aria-hidden={undefined}>
      <ActionIcon
        component={Link}
        to="/notices"
        variant="subtle"
        color="gray"
        c="inherit"
        size="lg"
        aria-label={t.notices.bell(count)}
      >
        <BellIcon />
      </ActionIcon>
    </Indicator>
  );
}
