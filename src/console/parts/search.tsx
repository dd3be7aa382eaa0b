import { TextInput } from '@mantine/core';
import { SearchIcon } from './icons';

/** A field that filters a list while the user types. */
export const SearchInput = ({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) => (
  <TextInput
    className="search"
    type="search"
    aria-label={label}
    placeholder={label}
    leftSection={<SearchIcon size={16} />}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
);

/** Whether the texts contain every word of `search`, ignoring case. */
export function hasWords(texts: readonly string[], search: string): boolean {
  const all = texts.join('\n').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
