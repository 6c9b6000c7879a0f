import { buildBundles } from '../lambdas/build';
import { lifeboatApp } from '../lib/app';

lifeboatApp(buildBundles()).synth();
