import { Group, Stack } from '@mantine/core';
import type { User } from '../../../protocol/api';
import { useText } from '../../messages/language';
import { Dialog } from '../../parts/dialog';
import { FactorsOfUser } from '../security/factors';
import { EndAllLogins, Logins } from '../security/logins';

/** Where a user is logged in, for administrators. @param user undefined: closed */
export function UserLoginsDialog({ user, onClose }: { user: User | undefined; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog
      opened={user !== undefined}
      onClose={onClose}
      title={user && t.security.accessOf(user.displayName)}
      size="lg"
    >
      {user && (
        <Stack gap="sm">
          <FactorsOfUser userId={user.id} name={user.displayName} />
          <Logins userId={user.id} />
          <Group justify="flex-end">
            <EndAllLogins userId={user.id} />
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}
