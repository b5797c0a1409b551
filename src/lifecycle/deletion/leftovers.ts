import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnnotatorsService } from '../../annotators/annotators.service.js';
import { Events, MISSED } from '../../events/events.service.js';
import { ItemsService } from '../../items/items.service.js';
import { Config } from '../../platform/config.js';
import { Connection } from '../../platform/database/connection.js';
import { projectGone } from '../../projects/project-gone.js';
import { removeClosed } from '../../runs/snapshot/closed-files.js';

/** What a process keeps of projects beside the database, and lets go once they are deleted: ids in memory, and files of kept votes. */
@Injectable()
export class Leftovers implements OnApplicationBootstrap {
  private readonly logger = new Logger('lifecycle');

  constructor(
    private readonly source: DataSource,
    private readonly events: Events,
    private readonly items: ItemsService,
    private readonly annotators: AnnotatorsService,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.events.on(projectGone, (news) => {
      if (news !== MISSED) for (const { dictionary } of [this.items, this.annotators]) dictionary.forget(news.projectId);
      void this.removeFiles();
    });
    // Of projects that were deleted while this process was away.
    void this.removeFiles();
  }

  /** Files are of this process's machine: each looks after its own. A fault of the disk is told; the next run that keeps votes tries again. */
  private async removeFiles(): Promise<void> {
    const { ASSAY_WORK, ASSAY_DATA_DIR } = this.config.settings;
    const folder = join(ASSAY_DATA_DIR, 'kept-votes');
    if (!ASSAY_WORK || (await readdir(folder).catch(() => [])).length === 0) return;
    let client: Awaited<ReturnType<typeof Connection.open>> | undefined;
    try {
      client = await Connection.open((this.source.options as { url: string }).url, 'assay leftovers');
      await removeClosed(client, folder);
    } catch (error) {
      this.logger.warn({ err: error }, 'kept votes of deleted projects could not be removed');
    } finally {
      await client?.end().catch(() => undefined);
    }
  }
}
