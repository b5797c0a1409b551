import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsOptional, Max, Min } from 'class-validator';
import type { Scope } from '../../platform/principal.js';
import { ApiKey, ScopeEnum } from './api-key.entity.js';

@InputType()
export class CreateApiKeyInput {
  @Field(() => String, { description: 'What the key is for, for people to read.' })
  name: string;

  @Field(() => [ScopeEnum])
  @ArrayMinSize(1)
  @ArrayMaxSize(5)
  @ArrayUnique()
  scopes: Scope[];

  @Field(() => ID, { nullable: true, description: 'Restricts the key to one project.' })
  projectId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Makes it the key of one annotator of that project, by their external id: it may vote and ask for nobody else, and learns nothing of others. Its scopes can be VOTES_WRITE and ASSIGNMENT.',
  })
  annotator?: string | null;

  @Field(() => Date, { nullable: true, description: 'From then on the key is refused.' })
  expiresAt?: Date | null;

  @Field(() => Int, { nullable: true, description: 'How often it may call in a minute, all operations, uploads and downloads together; as often as any where it is left out.' })
  @IsOptional()
  @Min(1)
  @Max(1_000_000_000)
  callsPerMinute?: number | null;
}

@InputType()
export class ApiKeyInput {
  @Field(() => ID)
  id: string;
}

@InputType()
export class RotateApiKeyInput extends ApiKeyInput {
  @Field(() => Int, { defaultValue: 0, description: 'How long the old secret works beside the new one, up to 7 days (604800); 0 ends it at once. A secret that was old before ends in any case.' })
  overlapSeconds: number;
}

@ObjectType()
export class ApiKeySecretPayload {
  @Field(() => ApiKey)
  apiKey: ApiKey;

  @Field(() => String, { description: 'The key itself: shown in this answer only.' })
  secret: string;
}

@ObjectType()
export class ApiKeyPayload {
  @Field(() => ApiKey)
  apiKey: ApiKey;
}
