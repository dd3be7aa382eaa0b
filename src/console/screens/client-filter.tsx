import { Button, Group, Text } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import { useExternalClients } from '../api/external-clients';
import { useText } from '../messages/language';
import { useCurrent } from './current-user';

const PARAMETER = 'client';

/** The external client whose rows alone a list shows, from the address of the page. Only administrators see clients. */
export function useClientFilter(): string | undefined {
  const { isAdmin } = useCurrent();
  const [parameters] = useSearchParams();
  return (isAdmin && parameters.get(PARAMETER)) || undefined;
}

/** That a list shows the rows of one external client, and a button that shows all. */
export function ClientFilter({ id }: { id: string }) {
  const t = useText();
  const [, setParameters] = useSearchParams();
  const name = useExternalClients().data?.find((each) => each.id === id)?.name ?? id;
  return (
    <Group gap="xs">
      <Text size="sm">
        {t.clients.onlyOf} <Link to={`/clients/${id}`}>{name}</Link>
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() =>
          setParameters((parameters) => {
            parameters.delete(PARAMETER);
            return parameters;
          })
        }
      >
        {t.clients.showAll}
      </Button>
    </Group>
  );
}
