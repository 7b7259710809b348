// The Prometheus exposition: families that read shared memory at scrape time, and prom-client's own about the process. Nothing
// here is ever called on the request path. Which numbers there are: families.ts for the gateway's, monitor-families.ts for the rest.

import type { Registry } from 'prom-client';
import type { Role } from '../model.ts';
import { gatewayFamilies, gatewayLogLinesLost, seriesFamilies } from './families.ts';
import type { MeterBlock } from './meters.ts';
import { type MonitorNumbers, monitorFamilies } from './monitor-families.ts';
import { createSums, type SeriesSnapshot, type Sums, snapshotOf } from './sums.ts';
import { type Family, textOf, type WrittenFamily } from './text-format.ts';

export interface Exposition {
  /** Take up a block that a gateway has published. Sums over threads; once per block. */
  add(block: MeterBlock): void;
  /** Any other family: read at each scrape. @throws where the name is taken */
  register(family: Family): void;
  /** The numbers of the monitor, once it has them. */
  registerMonitor(numbers: MonitorNumbers): void;
  /** Load what counts CPU, memory, collections and the event loop, and let it begin: once the gate is ready, or for the first scrape. */
  watchProcess(): Promise<void>;
  /** Text exposition, with the content type to serve it under. */
  render(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** @returns undefined where nothing was ever counted under this key */
  snapshot(model: string, version: string, role: Role): SeriesSnapshot | undefined;
  /** The sums themselves, for histories (traffic.ts). Call `refresh` before reading. */
  readonly sums: Sums;
}

export interface ExpositionOptions {
  /** Of Headgate, for headgate_build_info. */
  readonly version: string;
  /** CPU, memory, GC and event loop of this process (the latter two: of this thread). */
  readonly process: boolean;
}

export function createExposition(options: ExpositionOptions): Exposition {
  const sums = createSums();
  const families: (Family | WrittenFamily)[] = [];
  const register = (family: Family | WrittenFamily): void => {
    if (families.some(({ name }) => name === family.name)) throw new Error(`two families are named ${family.name}`);
    families.push(family);
  };

  for (const family of [...seriesFamilies(sums), ...gatewayFamilies(sums)]) register(family);
  register(buildInfo(options.version));
  let loading: Promise<Registry> | undefined;
  const ownNumbers = (): Promise<Registry> => {
    loading ??= import('prom-client').then(({ collectDefaultMetrics, Registry }) => {
      const registry = new Registry();
      if (options.process) collectDefaultMetrics({ register: registry });
      return registry;
    });
    return loading;
  };

  return {
    sums,
    register,
    add: (block) => sums.add(block),
    registerMonitor(numbers) {
      const gateways = {
        logLinesLost: () => gatewayLogLinesLost(sums),
      };
      for (const family of monitorFamilies(numbers, gateways)) register(family);
    },
    async watchProcess() {
      await ownNumbers();
    },
    async render() {
      const registry = await ownNumbers();
      sums.refresh();
      // prom-client 15 writes Nan; the format has NaN. A label's value never holds a line break, so only values match.
      const own = (await registry.metrics()).replaceAll(' Nan\n', ' NaN\n');
      return { text: families.map(textOf).join('') + own.trimStart(), contentType: registry.contentType };
    },
    snapshot(model, version, role) {
      const found = sums.find(model, version, role);
      return found === undefined ? undefined : snapshotOf(found);
    },
  };
}

function buildInfo(version: string): Family {
  return {
    name: 'headgate_build_info',
    help: 'Version of Headgate and of the runtime it stands on.',
    type: 'gauge',
    samples: () => [{ value: 1, labels: { version, node: process.version } }],
  };
}
