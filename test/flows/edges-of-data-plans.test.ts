import { planNames, planOf } from '../../contract/plans';
import { everyWay } from './every-way';

// The largest machines, apart from the others (edges.test.ts).
everyWay(planNames.filter((plan) => planOf(plan).replacesData));
