import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestContext } from '../platform/request-context.js';

/** The names of a project's classes, read once a request. */
@Injectable()
export class Classes {
  constructor(private readonly source: DataSource) {}

  async of(context: RequestContext, projectId: number): Promise<string[]> {
    const classes = await context.loader<number, string[]>('classes', (ids) => this.load(ids)).load(projectId);
    return classes!;
  }

  private async load(projectIds: readonly number[]): Promise<(string[] | null)[]> {
    const rows: { id: number; classes: string[] }[] = await this.source.query(`select id, classes from projects where id = any($1)`, [projectIds]);
    const found = new Map(rows.map((row) => [row.id, row.classes]));
    return projectIds.map((id) => found.get(id) ?? null);
  }
}
