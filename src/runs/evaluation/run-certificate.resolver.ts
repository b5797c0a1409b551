import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Cost } from '../../platform/graphql/cost.js';
import { Context, type RequestContext } from '../../platform/request-context.js';
import { Run } from '../run.entity.js';
import { MajorityVoteCertificate } from './run-certificate.js';
import { RunCertificates } from './run-certificate.service.js';

@Resolver(() => Run)
export class RunCertificateResolver {
  constructor(private readonly certificates: RunCertificates) {}

  @Cost({ reads: 1000 })
  @ResolveField(() => MajorityVoteCertificate, {
    nullable: true,
    description: 'About the votes that the run read, and the gold answers if its method reads them. Worked out when it is asked for first, which takes seconds, up to a minute for many votes and classes; then kept. Null until the run succeeded.',
  })
  certificate(@Context() context: RequestContext, @Parent() run: Run): Promise<MajorityVoteCertificate | null> {
    return this.certificates.find(context, run);
  }
}
