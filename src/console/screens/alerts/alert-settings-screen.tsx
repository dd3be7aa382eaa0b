import { Select, Stack } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useAlertSettings } from '../../api/alert-settings';
import { useCustomers } from '../../api/customers';
import { useText } from '../../messages/language';
import { Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { AllSettings } from './all-settings';
import { CustomerSettings } from './customer-settings';

/** The rules, recipients and quiet hours for all customers, or of one. */
export function AlertSettingsScreen() {
  const t = useText();
  const [parameters, setParameters] = useSearchParams();
  const customers = useCustomers();
  const settings = useAlertSettings();
  const customerId = parameters.get('customer');
  return (
    <Page title={t.alerts.settings.title} lead={t.alerts.settings.lead}>
      <Stack gap="md">
        <Select
          label={t.alerts.settings.of}
          placeholder={t.alerts.settings.all}
          data={(customers.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={customerId}
          onChange={(id) => setParameters(id ? { customer: id } : {}, { replace: true })}
          clearable
          searchable
          maw={360}
        />
        <Loaded query={settings}>
          {(all) =>
            customerId ? (
              <CustomerSettings key={customerId} customerId={customerId} all={all} />
            ) : (
              <AllSettings settings={all} />
            )
          }
        </Loaded>
      </Stack>
    </Page>
  );
}
