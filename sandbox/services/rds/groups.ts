import { AwsError } from '../service';
import { type Attributes, DEFAULT_SECURITY_GROUP, defaultGroups } from './attributes';

type Named = Partial<
  Record<'DBSubnetGroupName' | 'DBParameterGroupName' | 'OptionGroupName', string | undefined> & {
    readonly VpcSecurityGroupIds: readonly string[] | undefined;
  }
>;

/** The groups that there are: the defaults, those of the instances that were there before, and the closed ones. */
export class KnownGroups {
  readonly #subnet = new Set<string>();
  readonly #parameter = new Set<string>();
  readonly #option = new Set<string>();
  readonly #security: Set<string>;

  constructor(major: number, closed: readonly string[]) {
    this.#security = new Set([DEFAULT_SECURITY_GROUP, ...closed]);
    this.add({ ...defaultGroups(major), VpcSecurityGroupIds: [] });
  }

  add(
    named: Pick<Attributes, 'DBSubnetGroupName' | 'DBParameterGroupName' | 'OptionGroupName' | 'VpcSecurityGroupIds'>,
  ): void {
    this.#subnet.add(named.DBSubnetGroupName);
    this.#parameter.add(named.DBParameterGroupName);
    this.#option.add(named.OptionGroupName);
    for (const id of named.VpcSecurityGroupIds) this.#security.add(id);
  }

  /** @throws AwsError where a group that is named does not exist */
  require(named: Named): void {
    const { DBSubnetGroupName: subnet, DBParameterGroupName: parameter, OptionGroupName: option } = named;
    if (subnet !== undefined && !this.#subnet.has(subnet))
      throw new AwsError('DBSubnetGroupNotFoundFault', `DB subnet group '${subnet}' does not exist.`, 404);
    if (parameter !== undefined && !this.#parameter.has(parameter))
      throw new AwsError('DBParameterGroupNotFoundFault', `DBParameterGroup not found: ${parameter}`, 404);
    if (option !== undefined && !this.#option.has(option))
      throw new AwsError('OptionGroupNotFoundFault', `Specified OptionGroupName: ${option} not found.`, 404);
    for (const id of named.VpcSecurityGroupIds ?? []) {
      if (!this.#security.has(id))
        throw new AwsError('InvalidParameterValue', `Invalid security group , groupId= ${id}, groupName=.`);
    }
  }
}
