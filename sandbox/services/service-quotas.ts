import * as z from 'zod';
import { operation } from './operation';
import { type Place, regionalArn } from './place';
import { AwsError, type SimulatedService } from './service';

/** Quotas of a service by the names under which its guide lists them. Values: what a new account has (ELB guide, Quotas). */
const defaults: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  elasticloadbalancing: {
    'Application Load Balancers per Region': 50,
    'Rules per Application Load Balancer': 100,
    'Target Groups per Region': 3000,
    'Targets per Application Load Balancer': 1000,
  },
};

/** Service Quotas: what an account may have. */
export class ServiceQuotas implements SimulatedService {
  readonly name = 'ServiceQuotas';
  readonly standIn = {
    name: 'Service Quotas',
    instead: "a list of some quotas of Elastic Load Balancing, with a new account's values",
    differs: 'no quota of another service is listed, and none can be raised',
  };
  readonly #quotas = new Map(
    Object.entries(defaults).map(([service, quotas]) => [service, new Map(Object.entries(quotas))]),
  );

  constructor(private readonly place: Place) {}

  /** Another value, as an account may have it. */
  set(service: string, name: string, value: number): void {
    this.#quotas.get(service)?.set(name, value);
  }

  readonly operations = {
    ListServiceQuotas: operation(
      z.strictObject({ ServiceCode: z.string(), MaxResults: z.number().int().min(1).max(100).optional() }),
      {
        invalid: 'IllegalArgumentException',
        authorize: () => [{ action: 'servicequotas:ListServiceQuotas', resource: '*' }],
        perform: ({ ServiceCode }) => {
          const quotas = this.#quotas.get(ServiceCode);
          if (quotas === undefined)
            throw new AwsError(
              'NoSuchResourceException',
              `The request failed because the specified service ${ServiceCode} does not exist.`,
            );
          return {
            Quotas: [...quotas].map(([QuotaName, Value], at) => {
              const QuotaCode = `L-${String(at + 1).padStart(8, '0')}`;
              return {
                ServiceCode,
                QuotaName,
                QuotaCode,
                QuotaArn: regionalArn(this.place, 'servicequotas', `${ServiceCode}/${QuotaCode}`),
                Value,
                Unit: 'None',
                Adjustable: true,
                GlobalQuota: false,
              };
            }),
          };
        },
      },
    ),
  };
}
