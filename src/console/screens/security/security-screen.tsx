import { useText } from '../../messages/language';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { useCurrent } from '../current-user';
import { AccountEvents } from './account-events';
import { FactorsPanel } from './factors';
import { EndAllLogins, Logins } from './logins';
import { PasswordForm } from './password-form';

/** How the user of this page logs in, and where they are logged in. */
export function SecurityScreen() {
  const t = useText();
  const { me } = useCurrent();
  return (
    <Page title={t.security.title} lead={`${me.username} · ${t.roles[me.role]}`}>
      <FactorsPanel />
      <Panel title={t.security.logins} aside={<EndAllLogins />}>
        <Logins />
      </Panel>
      {me.login !== 'oidc' && (
        <Panel title={t.profile.password}>
          <div className="panel-body">
            <PasswordForm />
          </div>
        </Panel>
      )}
      <Panel title={t.security.events}>
        <AccountEvents />
      </Panel>
    </Page>
  );
}
