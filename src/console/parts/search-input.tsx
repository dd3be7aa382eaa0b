import { TextInput } from '@mantine/core';
import { SearchIcon } from './icons';

/** A field that narrows a list while one types. */
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
