import { Extensions } from '@nestjs/graphql';
import type { GraphQLField } from 'graphql';

/** What a field costs beyond being one field. */
export interface FieldCost {
  /** Units each time it is resolved: about the rows it reads (or 1/1,000 of a whole log), so that an operation of the largest cost takes seconds. */
  reads?: number;
  /** How long its list may be; of a list that data alone bound, what is usual. Pages, and lists of an answer to a list, tell it themselves. */
  list?: number;
}

const KEY = 'assay:cost';

/** Declares a field's cost, beside the field. A list of objects that neither declares its length nor tells it by its arguments keeps the process from starting. */
export const Cost = (cost: FieldCost) => Extensions({ [KEY]: cost });

export function declaredCost(field: GraphQLField<unknown, unknown>): FieldCost {
  return (field.extensions[KEY] as FieldCost | undefined) ?? {};
}
