import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { language, type Language } from '../../../protocol/api';
import { useLanguage } from '../../messages/language';
import { AutoIcon, CheckIcon, LanguageIcon, MoonIcon, SunIcon } from '../../parts/icons';

const SCHEMES: MantineColorScheme[] = ['auto', 'light', 'dark'];
const ICONS = { auto: AutoIcon, light: SunIcon, dark: MoonIcon };

/** Language and theme of this browser. @param onLanguage stores the choice with the user */
export function Preferences({ onLanguage }: { onLanguage?: (language: Language) => void }) {
  const { t, language: current, choose } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const SchemeIcon = ICONS[colorScheme];
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" c="inherit" size="lg" aria-label={t.shell.language}>
            <LanguageIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {language.options.map((each) => (
            <Menu.Item
              key={each}
              lang={each}
              leftSection={each === current ? <CheckIcon size={15} /> : <span className="no-icon" />}
              onClick={() => {
                choose(each);
                onLanguage?.(each);
              }}
            >
              {t.languages[each]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" c="inherit" size="lg" aria-label={t.shell.theme}>
            <SchemeIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {SCHEMES.map((each) => (
            <Menu.Item
              key={each}
              leftSection={each === colorScheme ? <CheckIcon size={15} /> : <span className="no-icon" />}
              onClick={() => setColorScheme(each)}
            >
              {t.shell[each]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
