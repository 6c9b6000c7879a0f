import { planNames, planOf } from '../../contract/plans';
import { everyWay } from './every-way';
import { variants } from './variants';

const ofData = planNames.filter((plan) => planOf(plan).replacesData);
everyWay(Object.keys(variants).filter((machine) => !ofData.some((plan) => plan === machine)));
