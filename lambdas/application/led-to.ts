import { pathRules, type PathRule } from '../gateways/targets';

const place = ({ priority }: PathRule): number => (priority === 'default' ? Infinity : Number(priority));
/** A rule that asks for something else as well answers some requests for a path, and nobody knows which. */
const covers = ({ priority, paths }: PathRule, path: string): boolean =>
  priority === 'default' || (paths ?? []).some((has) => has === path || has === '/*' || has === '*');

/**
 * The rule that answers requests for a path: the first of those that cover it, the default last (ELBv2 DescribeRules).
 * @param but rules that are thought away
 */
export async function answering(
  listenerArn: string,
  paths: readonly string[],
  but: (rule: PathRule) => boolean = () => false,
): Promise<{ readonly path: string; readonly rule: PathRule | undefined }[]> {
  const rules = (await pathRules(listenerArn))
    .filter((rule) => !but(rule))
    .toSorted((one, other) => place(one) - place(other));
  return paths.map((path) => ({ path, rule: rules.find((rule) => covers(rule, path)) }));
}
