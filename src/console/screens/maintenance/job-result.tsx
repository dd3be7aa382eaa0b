import type { Job } from '../../../protocol/maintenance';
import { useFormats, useText } from '../../messages/language';
import { isCount, lineName, lineValue } from './job-texts';

/** The result of a job, line by line. */
export function JobResult({ job: { result, operation } }: { job: Job }) {
  const t = useText();
  const formats = useFormats();
  return (
    <table className="rows result" aria-label={`${t.maintenance.result}: ${t.maintenance.operations[operation].name}`}>
      <tbody>
        {result.map((line, index) => (
          <tr key={index}>
            <th scope="row">{lineName(line.name, t)}</th>
            <td className={isCount(line) ? 'numeric' : undefined}>
              {isCount(line) ? formats.count(Number(line.value)) : lineValue(line, t)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
