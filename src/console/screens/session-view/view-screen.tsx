import { Loader } from '@mantine/core';
import { useEffect } from 'react';
import { Link, useParams } from 'react-router';
import type { Session } from '../../../protocol/api';
import { useSession } from '../../api/sessions';
import { useText } from '../../messages/language';
import { Logo } from '../../parts/icons';
import { ProblemNotice } from '../../parts/notice';
import { useCurrent } from '../current-user';
import { ViewBar } from './view-bar';
import { ViewEnded } from './view-ended';
import { ViewFrame } from './view-frame';
import { ViewProgress } from './view-progress';

/** A session from the request to its end: progress, the device's pages, the ending. */
export function ViewScreen() {
  const { id = '' } = useParams();
  const t = useText();
  const session = useSession(id);
  const { data, error } = session;
  useEffect(() => {
    document.title = `${data?.deviceName ?? t.session.title} – ${t.product}`;
  }, [data?.deviceName, t]);
  return (
    <div className="view">
      {data ? (
        <ViewBar session={data} />
      ) : (
        <header className="view-bar">
          <Link to="/devices" className="brand" aria-label={t.product}>
            <Logo />
          </Link>
        </header>
      )}
      <main className="view-main">
        {data && <Content session={data} />}
        {!data && error && <ProblemNotice error={error} onRetry={() => void session.refetch()} />}
        {!data && !error && <Loader role="status" aria-label={t.loading} />}
      </main>
    </div>
  );
}

function Content({ session }: { session: Session }) {
  const t = useText();
  const { me } = useCurrent();
  if (session.state === 'ended' || session.ending) return <ViewEnded session={session} />;
  if (session.user.id !== me.id)
    return (
      <section className="view-card panel">
        <h1>{session.user.kind === 'client' ? t.view.ofClient : t.view.elsewhere}</h1>
        <p>{t.view.elsewhereHint(session.user.displayName)}</p>
        <p>
          <Link to={`/sessions/${session.id}`}>{t.view.toSession}</Link>
        </p>
      </section>
    );
  // The terminal may connect from here: the pages load behind the progress until both ends are connected.
  const prepared = session.state === 'prepared' || session.state === 'established';
  return (
    <>
      {session.state !== 'established' && <ViewProgress session={session} />}
      {prepared && <ViewFrame session={session} />}
    </>
  );
}
