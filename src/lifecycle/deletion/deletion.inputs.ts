import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { ProjectDeletion } from './project-deletion.entity.js';

@InputType()
export class DeletedProjectInput {
  @Field(() => ID, { description: 'The id that the project had.' })
  id: string;
}

@InputType()
export class PurgeProjectInput extends DeletedProjectInput {
  @Field(() => String, { description: "Once more the project's name, or its id." })
  confirm: string;
}

@InputType()
export class DeleteProjectInput extends PurgeProjectInput {
  @Field(() => String, { nullable: true, description: 'As the Idempotency-Key header.' })
  idempotencyKey?: string | null;
}

@ObjectType()
export class ProjectDeletionPayload {
  @Field(() => ProjectDeletion)
  deletion: ProjectDeletion;
}

@ObjectType()
export class DeleteProjectPayload extends ProjectDeletionPayload {
  @Field(() => Boolean, { description: 'Whether this is the answer to an earlier call with the same idempotency key.' })
  replayed: boolean;
}
