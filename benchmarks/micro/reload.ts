// Reading the configuration of 400 models from disk to a Plan: what a reload costs before anything is swapped.

import { temporaryFolder } from '../processes.ts';
import type { Micro } from './micro.ts';
import { readPlan, writeConfiguration } from './plans.ts';

const MODELS = 400;

export const reload: Micro = {
  name: `reload-${MODELS}`,
  operation: `one configuration of ${MODELS} models read`,
  targetNs: 300e6,
  scale: 200_000,
  prepare() {
    const file = writeConfiguration(temporaryFolder('micro'), MODELS);
    return (operations) => {
      let models = 0;
      for (let i = 0; i < operations; i++) models += readPlan(file).models.length;
      return models;
    };
  },
};
