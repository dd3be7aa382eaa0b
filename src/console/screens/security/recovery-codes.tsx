import { Button, Checkbox, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';

/** Recovery codes, which are shown this once. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const t = useText();
  const [kept, setKept] = useState(false);
  return (
    <Stack gap="sm">
      <Text size="sm">{t.security.recoveryCodesHint}</Text>
      <ul className="recovery-codes" aria-label={t.security.recoveryCodes}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <CopyLine label={t.security.allCodes} text={codes.join(' ')} />
      <Checkbox
        label={t.security.codesKept}
        checked={kept}
        onChange={(event) => setKept(event.currentTarget.checked)}
      />
      <Button disabled={!kept} onClick={onDone}>
        {t.security.done}
      </Button>
    </Stack>
  );
}
