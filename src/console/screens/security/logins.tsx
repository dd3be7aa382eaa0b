import type { Login } from '../../../protocol/account';
import { browserName } from '../../../protocol/browser-name';
import { useEndLogins, useLogins } from '../../api/account';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Empty, Loaded } from '../../parts/loaded';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';

/** The browsers in which a user is logged in. @param userId undefined: the user of this page */
export function Logins({ userId }: { userId?: string }) {
  const t = useText();
  const formats = useFormats();
  const logins = useLogins(userId);
  return (
    <Loaded query={logins}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title={t.security.noLogins} hint={t.security.noLoginsHint} />
        ) : (
          <Table
            label={t.security.logins}
            rows={rows}
            keyOf={({ id }) => id}
            columns={[
              {
                title: t.security.browser,
                cell: ({ userAgent, address, current }) => (
                  <>
                    <strong>{browserName(userAgent) || t.security.unknownBrowser}</strong>{' '}
                    {current && <Status tone="on">{t.security.thisBrowser}</Status>}
                    <div className="minor">{address}</div>
                  </>
                ),
              },
              { title: t.security.since, cell: ({ at }) => formats.moment(at) },
              { title: t.security.lastUsed, cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} /> },
              {
                title: t.security.end,
                untitled: true,
                cell: (login) => !login.current && <End userId={userId} login={login} />,
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}

function End({ userId, login }: { userId: string | undefined; login: Login }) {
  const t = useText();
  const end = useEndLogins(userId);
  const name = browserName(login.userAgent) || t.security.unknownBrowser;
  return (
    <Confirm
      look="subtle"
      button={t.security.end}
      label={t.security.endLabel(name)}
      title={t.security.endTitle(name)}
      hint={t.security.endHint}
      action={{ ...end, run: (done) => end.mutate(login.id, { onSuccess: done }) }}
    />
  );
}

/** Ends every login, of the user of this page except in this browser. */
export function EndAllLogins({ userId }: { userId?: string }) {
  const t = useText();
  const logins = useLogins(userId);
  const end = useEndLogins(userId);
  if (!logins.data?.some(({ current }) => !current)) return null;
  const button = userId === undefined ? t.security.endOthers : t.security.endAll;
  return (
    <Confirm
      look="default"
      button={button}
      title={`${button}?`}
      hint={t.security.endHint}
      action={{ ...end, run: (done) => end.mutate(undefined, { onSuccess: done }) }}
    />
  );
}
