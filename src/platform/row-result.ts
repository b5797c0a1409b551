import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { invalid, limitExceeded } from './errors.js';

export enum RowStatus {
  CREATED = 'CREATED',
  UPDATED = 'UPDATED',
  UNCHANGED = 'UNCHANGED',
  REJECTED = 'REJECTED',
}

registerEnumType(RowStatus, {
  name: 'RowStatus',
  description: 'What became of one row.',
  valuesMap: {
    CREATED: {},
    UPDATED: {},
    UNCHANGED: { description: 'It was there already, as asked.' },
    REJECTED: { description: 'Refused; code and message tell why. The other rows are not touched by it.' },
  },
});

@ObjectType({ description: 'What became of one row of a call.' })
export class RowResult {
  @Field(() => Int, { description: "The row's place in the call, from 0." })
  index: number;

  @Field(() => RowStatus)
  status: RowStatus;

  @Field(() => String, { nullable: true, description: 'Why it was rejected, for programs.' })
  code?: string;

  @Field(() => String, { nullable: true, description: 'Why it was rejected, for people: with the value and the remedy.' })
  message?: string;
}

/** The most rows one call may carry; bulk routes take more. */
export const ROWS_PER_CALL = 10_000;

/** @throws for an empty call and for one of too many rows. */
export function requireRowCount(rows: readonly unknown[], field: string): void {
  if (rows.length === 0) throw invalid(`${field} is empty; send 1 to ${ROWS_PER_CALL} rows`, field);
  if (rows.length > ROWS_PER_CALL) {
    throw limitExceeded(`${field} has ${rows.length} rows; a call takes up to ${ROWS_PER_CALL}: split it, or use the bulk route`, field);
  }
}

export function rejectedRow(index: number, code: string, message: string): RowResult {
  return { index, status: RowStatus.REJECTED, code, message };
}
