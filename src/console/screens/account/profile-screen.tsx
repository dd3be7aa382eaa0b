import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { language as languages, type Language } from '../../../protocol/api';
import { useChangeProfile } from '../../api/login';
import { useLanguage } from '../../messages/language';
import { Done } from '../../parts/done';
import { fieldErrors, textsOf } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { useCurrent } from '../current-user';

const OF_BROWSER = 'browser';

export function ProfileScreen() {
  const { t } = useLanguage();
  const { me } = useCurrent();
  return (
    <Page title={t.profile.title} lead={`${me.username} · ${t.roles[me.role]}`}>
      <div className="columns">
        <Panel title={t.profile.about}>
          <div className="panel-body">
            <AboutForm />
          </div>
        </Panel>
      </div>
    </Page>
  );
}

function AboutForm() {
  const { t, choose } = useLanguage();
  const { me } = useCurrent();
  const change = useChangeProfile();
  const errors = fieldErrors(change.error, t);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const text = textsOf(event.currentTarget);
        const language = languages.safeParse(text('language')).data ?? null;
        change.mutate(
          { displayName: text('displayName'), email: text('email').trim() || null, language },
          { onSuccess: () => choose(language) },
        );
      }}
    >
      <Stack gap="sm">
        <TextInput
          name="displayName"
          label={t.users.displayName}
          description={t.users.displayNameHint}
          defaultValue={me.displayName}
          error={errors.displayName}
          autoComplete="name"
          maxLength={100}
          required
        />
        <TextInput
          name="email"
          type="email"
          label={t.profile.email}
          description={t.profile.emailHint}
          defaultValue={me.email ?? ''}
          error={errors.email}
          autoComplete="email"
          maxLength={254}
        />
        <Select
          key={me.language}
          name="language"
          label={t.profile.language}
          data={[
            { value: OF_BROWSER, label: t.profile.browserLanguage },
            ...languages.options.map((each: Language) => ({ value: each, label: t.languages[each] })),
          ]}
          defaultValue={me.language ?? OF_BROWSER}
          allowDeselect={false}
        />
        {change.error && <ProblemNotice error={change.error} />}
        <Group gap="sm">
          <Button type="submit" loading={change.isPending}>
            {t.actions.save}
          </Button>
          <Done shown={change.isSuccess} text={t.profile.saved} />
        </Group>
      </Stack>
    </form>
  );
}
