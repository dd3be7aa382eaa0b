import { TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useRef } from 'react';
import { SearchIcon } from './icons';

/** A field that filters a list while the user types; the keys / and Ctrl+K lead to it. */
export const SearchInput = ({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) => {
  const input = useRef<HTMLInputElement>(null);
  useHotkeys([
    ['/', () => input.current?.focus()],
    ['shift+/', () => input.current?.focus()],
    ['mod+K', () => input.current?.focus()],
  ]);
  return (
    <TextInput
      ref={input}
      className="search"
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<SearchIcon size={16} />}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
};

/** Whether the texts contain every word of `search`, ignoring case. */
export function hasWords(texts: readonly string[], search: string): boolean {
  const all = texts.join('\n').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
