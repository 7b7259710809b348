// From a path to its model among 400, and among one: the price must not grow with the number of models.

import { createRouteTable } from '../../src/routing/route-table.ts';
import type { Micro } from './micro.ts';

export const routing: readonly Micro[] = [1, 400].map((models) => ({
  name: `routing-${models}`,
  operation: `one request to its model among ${models}`,
  targetNs: null,
  prepare() {
    const paths = Array.from({ length: models }, (_, index) => `/v2/models/model-${String(index).padStart(3, '0')}`);
    const table = createRouteTable(
      paths.map((path, route) => ({ match: { paths: [path], methods: null, host: null, headers: {} }, route })),
    );
    const targets = paths.map((path) => `${path}/infer`);
    return (operations) => {
      let sum = 0;
      for (let i = 0; i < operations; i++) {
        sum += table.find('POST', targets[(i * 7) % models] ?? '', 'models.internal', []) ?? -1;
      }
      return sum;
    };
  },
}));
