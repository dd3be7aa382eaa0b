import { Button, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useRouteError } from 'react-router';
import { useLanguage, useText } from '../messages/language';
import { WarningIcon } from '../parts/icons';
import { Empty } from '../parts/loaded';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { CodeNotLoaded, reload, reloadIfUpdated } from './code';

/** In place of a part of a screen, which may contain entries that are not saved: only the user reloads it. */
export function PartNotLoaded() {
  const t = useText();
  return (
    <div role="alert">
      <Empty title={t.problem.notLoadedTitle} hint={`${t.problem.notLoadedRemedy} ${t.problem.entriesLost}`}>
        <ReloadButton />
      </Empty>
    </div>
  );
}

/** In place of a screen; the errors of one that is loaded are not handled here. */
export function ScreenNotLoaded() {
  const t = useText();
  const client = useQueryClient();
  const error = useRouteError();
  const isCode = error instanceof CodeNotLoaded;
  useEffect(() => {
    // a file that is being sent would be lost
    if (isCode && client.isMutating() === 0) void reloadIfUpdated();
  }, [isCode, client]);
  if (!isCode) throw error;
  return (
    <Page title={t.problem.notLoadedTitle}>
      <Panel>
        <div role="alert">
          <Empty title={t.problem.notLoadedTitle} hint={t.problem.notLoadedRemedy}>
            <ReloadButton />
          </Empty>
        </div>
      </Panel>
    </Page>
  );
}

/** The screen remains in the previous language. */
export function LanguageNotLoaded() {
  const { t, notLoaded } = useLanguage();
  if (!notLoaded) return null;
  return (
    <div className="notice language-not-loaded" role="alert">
      <WarningIcon />
      <div>
        <Text fw={600} size="sm">
          {t.problem.languageNotLoaded}
        </Text>
        <Text size="sm" mb="xs">
          {t.problem.notLoadedRemedy} {t.problem.entriesLost}
        </Text>
        <ReloadButton />
      </div>
    </div>
  );
}

/** Without a server, a reload would replace the console by an error of the browser. */
function ReloadButton() {
  const t = useText();
  const [state, setState] = useState<'idle' | 'asking' | 'unreachable'>('idle');
  const onClick = async (): Promise<void> => {
    setState('asking');
    if (!(await reload())) setState('unreachable');
  };
  return (
    <>
      <Button variant="default" loading={state === 'asking'} onClick={() => void onClick()}>
        {t.problem.reload}
      </Button>
      {state === 'unreachable' && (
        <Text size="sm" role="status">
          {t.problem.unreachableTitle}
        </Text>
      )}
    </>
  );
}
