import { ActionIcon, Tooltip } from '@mantine/core';
import type { Session } from '../../protocol/api';
import { useBrowserSession } from '../api/browser';
import { useText } from '../messages/language';
import { NewTabIcon } from '../parts/icons';
import { enter } from './enter-session';

/** The device's pages in a window of their own, with a ticket of its own. */
export function NewTabButton({ session }: { session: Session }) {
  const t = useText();
  const ask = useBrowserSession();
  const open = (): void => {
    // at once, while the click still permits it; the address follows with the answer
    const target = `platen-tab-${Date.now()}`;
    const tab = window.open('', target);
    ask.mutate(session.id, {
      onSuccess: (browser) => enter(browser, target),
      onError: () => tab?.close(),
    });
  };
  return (
    <Tooltip label={t.view.newTab}>
      <ActionIcon variant="default" size={30} aria-label={t.view.newTab} loading={ask.isPending} onClick={open}>
        <NewTabIcon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
