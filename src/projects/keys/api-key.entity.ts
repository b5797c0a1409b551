import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { globalId } from '../../platform/graphql/global-id.js';
import { Node } from '../../platform/graphql/node.js';
import { scopes, type Scope } from '../../platform/principal.js';

/** GraphQL names allow no colon: votes:write is VOTES_WRITE there. */
export const ScopeEnum = Object.fromEntries(scopes.map((scope) => [scope.toUpperCase().replace(':', '_'), scope]));
registerEnumType(ScopeEnum, {
  name: 'Scope',
  description: 'What an API key may do.',
  valuesMap: {
    VOTES_WRITE: { description: 'Send and withdraw votes, add items and annotators.' },
    RESULTS_READ: { description: 'Read projects, votes, runs and results.' },
    ASSIGNMENT: { description: 'Ask what to label next.' },
    PROJECT_ADMIN: { description: 'Change rules, start and cancel runs; includes the three above.' },
    WORKSPACE_ADMIN: { description: 'Create projects, manage keys, read the audit log; includes all others.' },
  },
});

@Entity('api_keys')
@ObjectType({ implements: () => Node, description: 'A key to the API. Its secret is shown once and kept as a hash.' })
export class ApiKey implements Node {
  @PrimaryGeneratedColumn('identity')
  id: number;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('ApiKey', this.id);
  }

  @Column({ name: 'workspace_id', type: 'integer' })
  workspaceId: number;

  /** Null where the key opens every project of the workspace. */
  @Column({ name: 'project_id', type: 'integer', nullable: true })
  projectId: number | null;

  @Field(() => ID, { nullable: true, name: 'projectId', description: 'The only project it opens; null for all of the workspace.' })
  get projectNodeId(): string | null {
    return this.projectId == null ? null : globalId('Project', this.projectId);
  }

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'The only annotator of that project for whom it may ask and vote; null for any.' })
  annotator: string | null;

  @Column('text')
  @Field(() => String)
  name: string;

  @Column('text')
  @Field(() => String, { description: 'The visible part: a key reads assay_<prefix>_<secret>.' })
  prefix: string;

  @Column({ name: 'secret_hash', type: 'bytea', select: false })
  secretHash: Buffer;

  /** Of the secret before the last rotation, as long as that works. */
  @Column({ name: 'previous_prefix', type: 'text', nullable: true, select: false })
  previousPrefix: string | null;

  @Column({ name: 'previous_secret_hash', type: 'bytea', nullable: true, select: false })
  previousSecretHash: Buffer | null;

  @Column({ name: 'previous_ends_at', type: 'timestamptz', nullable: true })
  previousEndsAt: Date | null;

  @Field(() => Date, { nullable: true, name: 'previousSecretEndsAt', description: 'Until when the secret before the last rotation works as well; null where none does.' })
  get previousSecretEndsAt(): Date | null {
    const ends = [this.previousEndsAt, this.expiresAt].filter((moment) => moment != null).sort((a, b) => a.getTime() - b.getTime())[0];
    return this.previousEndsAt && !this.revokedAt && ends! > new Date() ? ends! : null;
  }

  @Column('text', { array: true })
  @Field(() => [ScopeEnum])
  scopes: Scope[];

  @Column({ name: 'calls_per_minute', type: 'integer', nullable: true })
  @Field(() => Int, { nullable: true, description: 'How often it may call in a minute; null for as often as any (CALLS_PER_MINUTE_PER_KEY).' })
  callsPerMinute: number | null;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true })
  revokedAt: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  @Field(() => Date, { nullable: true, description: 'To the minute; of its secret now, not of the one before the last rotation.' })
  lastUsedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  @Field(() => Date)
  createdAt: Date;
}
