import { Button, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ProblemCode } from '../../protocol/problems';
import { ApiProblem, Unreachable } from '../api/request';
import type { Messages } from '../messages/en';
import { useText } from '../messages/language';
import { WarningIcon } from './icons';

/** Title, detail and remedy of an error. */
export function textsOfProblem(error: unknown, t: Messages): { title: string; detail: string; remedy: string } {
  if (error instanceof ApiProblem) {
    const { code, title, detail = '', remedy, retryAfterSeconds } = error.problem;
    // a newer server may send problems that this page does not know
    const known = code in t.problems ? t.problems[code as ProblemCode] : { title, remedy };
    const wait =
      code === 'too-many-requests' && retryAfterSeconds ? { remedy: t.problem.retryIn(retryAfterSeconds) } : {};
    return { ...known, ...wait, detail: t.detail(detail) };
  }
  const { unreachableTitle, unreachableRemedy, unexpectedTitle, unexpectedRemedy } = t.problem;
  if (error instanceof Unreachable) return { title: unreachableTitle, detail: '', remedy: unreachableRemedy };
  return { title: unexpectedTitle, detail: '', remedy: unexpectedRemedy };
}

/** An error: what went wrong, and what to do now. */
export function ProblemNotice({
  error,
  onRetry,
  children,
}: {
  error: unknown;
  onRetry?: () => void;
  children?: ReactNode;
}) {
  const t = useText();
  const { title, detail, remedy } = textsOfProblem(error, t);
  return (
    <div className="notice" role="alert">
      <WarningIcon />
      <div>
        <Text fw={600} size="sm">
          {title}
        </Text>
        {detail && <Text size="sm">{detail}</Text>}
        <Text size="sm" c="dimmed">
          {remedy}
        </Text>
        {children}
        {onRetry && (
          <Button size="xs" variant="default" mt="xs" onClick={onRetry}>
            {t.actions.retry}
          </Button>
        )}
      </div>
    </div>
  );
}
