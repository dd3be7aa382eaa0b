import { Loader } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Outlet } from 'react-router';
import type { User } from '../../../protocol/api';
import { useMe } from '../../api/login';
import { useLive } from '../../live/use-live';
import { useLanguage } from '../../messages/language';
import { ProblemNotice } from '../../parts/notice';
import { Current } from '../current-user';
import { LoginScreen } from '../login/login-screen';
import { NewNotices } from '../notices/new-notices';

/** Everything below needs a login; without one, the login screen is shown at the same address. */
export function LoggedIn() {
  const me = useMe();
  const { t } = useLanguage();
  const wasLoggedIn = useRef(false);
  useEffect(() => {
    if (me.data) wasLoggedIn.current = true;
  }, [me.data]);
  if (me.data) return <WithLiveEvents me={me.data} />;
  if (me.data === null) return <LoginScreen ended={wasLoggedIn.current} />;
  return (
    <main className="login">
      {me.error ? (
        <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />
      ) : (
        <Loader role="status" aria-label={t.loading} />
      )}
    </main>
  );
}

function WithLiveEvents({ me }: { me: User }) {
  const connected = useLive(me.id);
  const { choose } = useLanguage();
  useEffect(() => {
    if (me.language) choose(me.language);
  }, [me.language, choose]);
  return (
    <Current.Provider value={{ me, connected }}>
      <Outlet />
      <NewNotices />
    </Current.Provider>
  );
}
