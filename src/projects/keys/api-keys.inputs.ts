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
