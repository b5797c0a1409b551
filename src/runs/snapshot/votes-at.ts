import { isDeepStrictEqual } from 'node:util';
import type { Client } from 'pg';
import { VoteTable } from '../../aggregation/index.js';
import { removeClosed } from './closed-files.js';
import type { Snapshot } from './copied-votes.js';
import { DamagedFile, keptFile } from './kept-file.js';
import { KeptFolder } from './kept-folder.js';
import { changesBetween, lastTicket, readIdentity, readState, type LogIdentity } from './log-changes.js';
import { mergedVotes, UnlikeTheLog, type SortedVotes, type TableSize } from './merged-votes.js';
import { readSnapshot } from './snapshot.js';

/** Where sorted votes are kept between runs, see docs/operation.md. */
export interface Keeping {
  folder: string;
  mostBytes: number;
  /** Of fewer votes nothing is kept. */
  fromVotes: number;
}

/** A file is written anew once this share of the votes is new: until then to read what is new costs less than to write them all. */
const NEW_SHARE = 1 / 100;
/** With more changes than this share of the votes since, the log read in its order is faster than its changes by index. */
const FAR_SHARE = 1 / 2;

/**
 * What became of kept votes: used; absent; damaged (cut, altered, of another form); unlike what the log says now (of another
 * database, or one that was restored); far (too much has happened since); fault (of the disk, or of the database while it was asked).
 */
export type KeptUse = 'used' | 'absent' | 'damaged' | 'unlike' | 'far' | 'fault';
/** Written; current still; full where it passes the limit; unwritten where the disk refused. */
export type KeptEnd = 'written' | 'current' | 'full' | 'unwritten';

/** Told of a project large enough to be kept. */
export interface KeptTold {
  use: KeptUse;
  end: KeptEnd;
  /** The code of the disk's fault. */
  fault?: string;
}

interface Found {
  votes: SortedVotes;
  came: Snapshot;
  went: Snapshot;
}

/** The votes of a project as they stood at a watermark: all out of the log, or kept ones and what changed. The same bits either way. */
export class VotesAt {
  /** How many votes the database sent. */
  votesSent = 0;
  private use: KeptUse = 'absent';
  private fault: unknown = null;
  private identity: LogIdentity | null = null;
  private found: Found | null = null;
  private whole: Snapshot | null = null;
  /** The file's watermark is a later one. */
  private isBefore = false;

  constructor(
    private readonly client: Client,
    private readonly projectId: number,
    private readonly watermark: number,
    private readonly size: TableSize,
    private readonly keeping: Keeping | null,
  ) {}

  async read(): Promise<void> {
    if (this.keeping) await this.trying(() => this.readKept(this.folder));
    if (!this.found) await this.readWhole();
  }

  /** Once only: what was read is let go. */
  async sorted(): Promise<VoteTable> {
    const merged = await this.trying(() => this.merged());
    if (merged) return merged;
    if (!this.whole) await this.readWhole();
    const { whole, size } = this;
    this.whole = null;
    return new VoteTable({ ...whole!, ...size });
  }

  /**
   * Keeps the table for the next run, where that is worth while; never throws.
   * @returns null where nothing is kept of so few votes.
   */
  async keep(table: VoteTable): Promise<KeptTold | null> {
    if (!this.keeping || table.voteCount < this.keeping.fromVotes) return null;
    const isSound = this.use === 'used' || this.use === 'far';
    const told = (end: KeptEnd) => ({ use: this.use, end, ...(this.fault != null && { fault: codeOf(this.fault) }) });
    // The next run is likelier to be of a later moment than the file's, than of this older one.
    if (isSound && (this.isBefore || this.votesSent < table.voteCount * NEW_SHARE)) return told('current');
    try {
      const { identity } = this;
      if (!identity) return told('unwritten');
      const watermark = await lastTicket(this.client, this.projectId, this.watermark);
      const state = (await readState(this.client, this.projectId, watermark, Number.MAX_SAFE_INTEGER - 1))!;
      const isWritten = await this.folder.write(identity, keptFile(table, { identity, watermark, state }));
      await removeClosed(this.client, this.keeping.folder);
      return told(isWritten ? 'written' : 'full');
    } catch (error) {
      this.fault = error;
      return told('unwritten');
    }
  }

  private get folder(): KeptFolder {
    return new KeptFolder(this.keeping!.folder, this.keeping!.mostBytes);
  }

  /** Whatever is wrong with what is kept, the log has it all: so no fault of it is the run's. */
  private async trying<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      this.use = useOf(error);
      if (this.use === 'fault') this.fault = error;
      return null;
    }
  }

  private async readWhole(): Promise<void> {
    this.whole = await readSnapshot(this.client, this.projectId, this.watermark);
    this.votesSent += this.whole.voteCount;
  }

  private async readKept(folder: KeptFolder): Promise<void> {
    this.identity = await readIdentity(this.client, this.projectId);
    const file = await folder.open(this.identity);
    try {
      const { header } = file;
      if (!isDeepStrictEqual(header.identity, this.identity) || header.classCount !== this.size.classCount) throw new UnlikeTheLog('kept votes are of another project');
      const state = await readState(this.client, this.projectId, header.watermark, Math.floor(header.voteCount * FAR_SHARE));
      this.isBefore = this.watermark < header.watermark;
      if (!state) {
        this.use = 'far';
        return;
      }
      if (!isDeepStrictEqual(state, header.state)) throw new UnlikeTheLog('the log is not the one that was kept');
      const [earlier, later] = [Math.min(this.watermark, header.watermark), Math.max(this.watermark, header.watermark)];
      // Beside each other; but what is asked of the database must have ended before anything else is.
      const reading = file.votes();
      reading.catch(() => undefined);
      const { came, went } = await changesBetween(this.client, this.projectId, earlier, later);
      const votes = await reading;
      this.votesSent += came.voteCount + went.voteCount;
      this.found = this.isBefore ? { votes, came: went, went: came } : { votes, came, went };
      this.use = 'used';
    } finally {
      await file.close();
    }
    await folder.touch(this.identity);
  }

  private async merged(): Promise<VoteTable | null> {
    const { found } = this;
    this.found = null;
    return found && mergedVotes(found.votes, found.came, found.went, this.size);
  }
}

function useOf(error: unknown): KeptUse {
  if (error instanceof DamagedFile) return 'damaged';
  // A RangeError is a code that the table has no room for.
  if (error instanceof UnlikeTheLog || error instanceof RangeError) return 'unlike';
  return codeOf(error) === 'ENOENT' ? 'absent' : 'fault';
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : name ?? 'Error';
}
