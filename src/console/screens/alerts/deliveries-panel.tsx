import { Button, SegmentedControl } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { deliveryState, type Delivery, type DeliveryState } from '../../../protocol/webhook';
import { rowsOf } from '../../api/pages';
import { useDeliveries, useRepeatDelivery } from '../../api/webhooks';
import { useFormats, useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Panel } from '../../parts/panel';
import { Status, type Tone } from '../../parts/status';
import { Table } from '../../parts/table';

const TONES: Record<DeliveryState, Tone> = { pending: 'busy', sent: 'on', 'given-up': 'bad', dropped: 'off' };
const ANY = 'all';

/** What was sent about alerts, and why it failed. */
export function DeliveriesPanel() {
  const t = useText();
  const [parameters, setParameters] = useSearchParams();
  const state = deliveryState.safeParse(parameters.get('state')).data;
  const deliveries = useDeliveries(state);
  return (
    <Panel title={t.alerts.webhooks.deliveries}>
      <div className="tools">
        <SegmentedControl
          aria-label={t.alerts.webhooks.filter}
          data={[
            { value: ANY, label: t.alerts.webhooks.anyState },
            ...(['pending', 'given-up', 'sent'] as const).map((value) => ({
              value,
              label: t.alerts.webhooks.states[value],
            })),
          ]}
          value={state ?? ANY}
          onChange={(value) => setParameters(value === ANY ? {} : { state: value }, { replace: true })}
        />
      </div>
      <Loaded query={deliveries}>
        {(pages) => {
          const rows = rowsOf(pages);
          if (rows.length > 0) return <DeliveryTable deliveries={rows} />;
          return <Empty title={t.alerts.webhooks.noDeliveries} hint={t.alerts.webhooks.noDeliveriesHint} />;
        }}
      </Loaded>
      <More query={deliveries} history="alerts" />
    </Panel>
  );
}

function DeliveryTable({ deliveries }: { deliveries: Delivery[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.alerts.webhooks.deliveries}
      rows={deliveries}
      keyOf={({ id }) => id}
      columns={[
        { title: t.alerts.webhooks.at, cell: ({ at }) => formats.moment(at) },
        { title: t.alerts.webhooks.recipient, cell: ({ recipient }) => <span className="wraps">{recipient}</span> },
        { title: t.alerts.webhooks.event, cell: ({ event }) => t.alerts.webhooks.events[event] },
        {
          title: t.alerts.webhooks.state,
          cell: ({ state, attempts, nextAttemptAt, error }) => (
            <>
              <Status tone={TONES[state]}>{t.alerts.webhooks.states[state]}</Status>
              <div className="minor">
                {[
                  attempts > 0 && t.alerts.webhooks.attempts(formats.count(attempts)),
                  attempts > 0 && nextAttemptAt && t.alerts.webhooks.next(formats.moment(nextAttemptAt)),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </div>
              {error && <div className="minor wraps">{t.detail(error)}</div>}
            </>
          ),
        },
        { title: t.alerts.webhooks.repeat, untitled: true, cell: (each) => <Repeat delivery={each} /> },
      ]}
    />
  );
}

function Repeat({ delivery: { id, state, recipient, at } }: { delivery: Delivery }) {
  const t = useText();
  const formats = useFormats();
  const repeat = useRepeatDelivery();
  if (state === 'pending') return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={t.alerts.webhooks.repeatTitle(recipient, formats.moment(at))}
        loading={repeat.isPending}
        onClick={() => repeat.mutate(id)}
      >
        {t.alerts.webhooks.repeat}
      </Button>
      {repeat.error && <ProblemNotice error={repeat.error} />}
    </>
  );
}
