import type { ArgumentMetadata } from '@nestjs/common';
import { StandardSchemaValidationPipe } from '@nestjs/common';
import { InvalidRequest } from './http.errors';

/**
 * Validates the parameters with `@Body({schema})`, `@Query({schema})` and `@Param(name, {schema})`. The character NUL
 * is refused everywhere: PostgreSQL cannot store it, and no input needs it.
 */
class RequestValidation extends StandardSchemaValidationPipe {
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.type !== 'custom' && holdsNul(value))
      throw new InvalidRequest('The request contains the character NUL.');
    return super.transform(value, metadata);
  }
}

export const validation = (): RequestValidation =>
  new RequestValidation({ exceptionFactory: (issues) => InvalidRequest.from(issues) });

/** Without recursion, because the caller chooses the depth. */
function holdsNul(value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const each = left.pop();
    if (typeof each === 'string' && each.includes('\0')) return true;
    if (typeof each === 'object' && each !== null) for (const part of Object.entries(each)) left.push(...part);
  }
  return false;
}
