import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { invalid } from '../errors.js';

/** Checks inputs that carry class-validator rules; those without any (vote batches check themselves, row by row) pass untouched. */
export class InputValidation extends ValidationPipe {
  constructor() {
    super({ transform: true, whitelist: false, stopAtFirstError: true, exceptionFactory: (errors) => firstFault(errors) });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const type = metadata.metatype;
    if (typeof type !== 'function' || getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length === 0) return value;
    return super.transform(value, metadata);
  }
}

function firstFault(errors: ValidationError[], path = 'input'): Error {
  const error = errors[0]!;
  const field = `${path}.${error.property}`;
  if (error.children?.length) return firstFault(error.children, field);
  const shown = JSON.stringify(error.value)?.slice(0, 100);
  return invalid(`${field} is ${shown}: ${Object.values(error.constraints ?? {})[0] ?? 'not accepted'}`, field);
}
