import { Text } from '@mantine/core';
import { CheckIcon } from './icons';

/** Beside a button: that its action has succeeded. */
export const Done = ({ shown, text }: { shown: boolean; text: string }) => (
  <Text size="sm" role="status">
    {shown && (
      <>
        <CheckIcon size={14} /> {text}
      </>
    )}
  </Text>
);
