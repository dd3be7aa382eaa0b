import { Loader } from '@mantine/core';
import { useText } from '../../messages/language';

/** In place of the first screen until its code is loaded. */
export function LoadingScreen() {
  const t = useText();
  return (
    <div className="empty loading-screen" role="status">
      <Loader size="sm" aria-hidden="true" />
      <span className="unseen">{t.loading}</span>
    </div>
  );
}
