import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique } from 'class-validator';
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
