import * as z from 'zod';

/** Where the hosts' infrastructure is stored as code, and by what it is provisioned from there. */

const role = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'should be the ARN of a role, e.g. arn:aws:iam::123456789012:role/…');

const common = {
  /** How many hosts serve when everything is there. */
  hosts: z.number().int().min(1).max(100),
};

export const infrastructureSchema = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('cloudformation'),
    ...common,
    stack: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'should be the name of a stack'),
    /** From which the stack is made where it is gone; a stack that is there keeps its own template. */
    templateUrl: z
      .string()
      .regex(
        /^https:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\.s3\.[a-z0-9-]+\.amazonaws\.com\/[A-Za-z0-9._/-]+$/,
        'should be the address of an object, e.g. https://bucket.s3.us-east-1.amazonaws.com/template.json',
      ),
    /** Of a stack that is made; one that is there keeps its own. */
    parameters: z.record(z.string().regex(/^[A-Za-z0-9]{1,255}$/), z.string().max(4096)).default({}),
    capabilities: z.array(z.enum(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'])).default([]),
    /** As which CloudFormation makes what the template says: Lifeboat itself need not be allowed to. */
    serviceRoleArn: role,
    /**
     * What reading the stack's resources takes beside what Lifeboat is allowed anyway (lib/tasks/stack-reads.ts): a type that cannot
     * be read is not compared with the template, and the run says so.
     */
    reads: z
      .array(
        z
          .string()
          .regex(
            /^[a-z0-9-]+:(Describe|Get|List|BatchGet|BatchDescribe)[A-Za-z]+$/,
            'should be an action that reads, e.g. backup:DescribeBackupVault',
          ),
      )
      .max(50)
      .default([]),
  }),
  z.strictObject({
    by: z.literal('terraform'),
    ...common,
    /** Of CodeBuild; it runs `terraform apply` with its own role, where the state is kept and locked. */
    project: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{1,149}$/, 'should be the name of a project of CodeBuild'),
    /** Terraform's variables: each reaches the build as `TF_VAR_<name>`. */
    variables: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'should be the name of a variable, e.g. environment'),
        z.string().max(1024),
      )
      .default({}),
  }),
]);
export type InfrastructureDescription = z.infer<typeof infrastructureSchema>;

/** Certificates of ACM that the load balancer serves with. */
export const certificateArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/,
    'should be the ARN of a certificate, e.g. arn:aws:acm:us-east-1:123456789012:certificate/…',
  );
