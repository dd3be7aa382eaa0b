import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { logLineOf, type LogLineLevel } from '../../../protocol/log-lines';
import type { Job } from '../../../protocol/maintenance';
import { useFormats, useText } from '../../messages/language';
import { asText, filtered } from './log-lines';

const LEAST = ['trace', 'debug', 'info', 'warn', 'error'] as const satisfies readonly LogLineLevel[];

/** The log that a job has read, newest line first: by level and text, and as a file. */
export function JobLog({ job }: { job: Job }) {
  const t = useText();
  const formats = useFormats();
  const [least, setLeast] = useState<LogLineLevel>('trace');
  const [text, setText] = useState('');
  const all = job.result.map(logLineOf);
  const shown = filtered(all, least, text);
  return (
    <div className="panel-body">
      <div className="log-filter">
        <NativeSelect
          label={t.maintenance.log.level}
          value={least}
          onChange={({ currentTarget }) => setLeast(LEAST.find((each) => each === currentTarget.value) ?? least)}
          data={LEAST.map((value) => ({ value, label: t.maintenance.log.levels[value] ?? value }))}
        />
        <TextInput
          label={t.maintenance.log.contains}
          value={text}
          maxLength={100}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        <Button
          component="a"
          variant="default"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(asText(all))}`}
          download={`${job.deviceId}-log.txt`}
        >
          {t.maintenance.log.download}
        </Button>
      </div>
      <table className="rows" aria-label={t.maintenance.operations['logs-read'].name}>
        <tbody>
          {shown.map(({ source, level, time, text: line }, index) => (
            <tr key={index}>
              <td>{time && `${formats.day(time)}, ${formats.clock(time)}`}</td>
              <td>{t.maintenance.log.sources[source] ?? ''}</td>
              <td>{t.maintenance.log.levels[level] ?? ''}</td>
              <td>{(source === 'log' && t.maintenance.log.about[level]) || <bdi>{line}</bdi>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
