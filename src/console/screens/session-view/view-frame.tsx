import { useEffect, useRef, useState } from 'react';
import type { BrowserSession, Session } from '../../../protocol/api';
import { useBrowserSession } from '../../api/browser';
import { ApiProblem } from '../../api/request';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { ProblemNotice } from '../../parts/notice';
import { enter } from '../sessions/enter-session';

/** The device's pages have their own origin, so these permissions do not affect the console. */
const SANDBOX = 'allow-scripts allow-forms allow-same-origin allow-downloads allow-popups allow-modals';

/** Makes the server connect as the terminal, and shows the device's pages. */
export function ViewFrame({ session }: { session: Session }) {
  const ask = useBrowserSession();
  const { mutate } = ask;
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    mutate(session.id);
  }, [mutate, session.id]);

  const retry = (): void => mutate(session.id);
  if (ask.error) return <Unavailable session={session} error={ask.error} onRetry={retry} />;
  if (!ask.data) return <Waiting shown={session.state === 'established'} />;
  return <Frame session={session} browser={ask.data} />;
}

function Frame({ session, browser }: { session: Session; browser: BrowserSession }) {
  const t = useText();
  const entered = useRef('');
  const [loaded, setLoaded] = useState(false);
  const name = `platen-${session.id}`;
  const established = session.state === 'established';
  useEffect(() => {
    if (!established || entered.current === browser.ticket) return;
    entered.current = browser.ticket;
    enter(browser, name);
  }, [established, browser, name]);
  return (
    <>
      {!loaded && <Waiting shown={established} />}
      <iframe
        name={name}
        className="view-frame"
        hidden={!established}
        title={t.view.frame(session.applicationId, session.deviceName)}
        sandbox={SANDBOX}
        allow="fullscreen; clipboard-write"
        // ignore the `load` event of the initial empty page
        onLoad={() => setLoaded(entered.current !== '')}
      />
    </>
  );
}

function Waiting({ shown }: { shown: boolean }) {
  const t = useText();
  return shown ? (
    <p className="view-wait" role="status">
      {t.view.loading}
    </p>
  ) : null;
}

/** The end of the problem's detail. */
const COMMAND = /platen connect .*$/;

/** Shown if the browser cannot show the pages: the command that opens them. */
function Unavailable({ session, error, onRetry }: { session: Session; error: unknown; onRetry: () => void }) {
  const t = useText();
  const code = error instanceof ApiProblem ? error.problem.code : undefined;
  if (code !== 'browser-access-unavailable')
    return (
      <div className="view-card">
        <ProblemNotice error={error} onRetry={onRetry} />
      </div>
    );
  const detail = error instanceof ApiProblem ? (error.problem.detail ?? '') : '';
  const line = COMMAND.exec(detail)?.[0] ?? `platen connect ${session.deviceId} ${session.applicationId}`;
  return (
    <section className="view-card panel">
      <h1>{t.view.unavailable}</h1>
      <p>{t.view.unavailableHint}</p>
      <CopyLine label={t.view.unavailableHint} text={line} />
    </section>
  );
}
