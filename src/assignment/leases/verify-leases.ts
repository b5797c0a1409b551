import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CountFault } from '../../votes/verify.js';

/** Re-derives how many leases each item has. */
@Injectable()
export class VerifyLeases {
  constructor(private readonly source: DataSource) {}

  /** One statement, so that it sees leases and counts at one moment. @returns the first 1,000 faults. */
  async verify(projectId: number): Promise<CountFault[]> {
    return this.source.query(
      `with derived as (
         select item_code, count(*)::int as leases from leases where project_id = $1 and ended_at is null and not is_gold group by item_code
       )
       select 'item' as owner, item.external_id as id, 'leases' as count, counts.leases as stored, coalesce(derived.leases, 0) as derived
       from item_counts counts left join derived on derived.item_code = counts.item_code
       join items item on item.project_id = $1 and item.code = counts.item_code
       where counts.project_id = $1 and counts.leases <> coalesce(derived.leases, 0) order by counts.item_code limit 1000`,
      [projectId],
    );
  }
}
