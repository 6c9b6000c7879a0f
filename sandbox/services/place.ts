/** Where a sandbox is: what ARNs are made of. */
export interface Place {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** `arn:aws:<service>:<region>:<account>:<resource>`. */
export function regionalArn(place: Place, service: string, resource: string): string {
  return `arn:${place.partition}:${service}:${place.region}:${place.account}:${resource}`;
}

/** `arn:aws:iam::<account>:<resource>`. */
export function globalArn(place: Place, service: string, resource: string): string {
  return `arn:${place.partition}:${service}::${place.account}:${resource}`;
}
