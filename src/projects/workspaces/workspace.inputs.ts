import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { Workspace } from './workspace.entity.js';

@InputType({ description: 'What is left out stays as it is.' })
export class UpdateWorkspaceInput {
  @Field(() => Boolean, { nullable: true, description: 'Whether reads of gold answers and downloads are told in the audit log.' })
  auditReads?: boolean | null;
}

@ObjectType()
export class WorkspacePayload {
  @Field(() => Workspace)
  workspace: Workspace;
}
