import { BUNDLES, buildLambdas } from '../lambdas/build';
import { lifeboatApp } from '../lib/app';

buildLambdas();
lifeboatApp(BUNDLES).synth();
