// One gateway thread, composed: a lane in, routes, upstreams out, counters and slabs to the monitor. worker.ts gives it a
// thread; tests may run it in theirs.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { SlabSettled } from '../capture/handover/settling.ts';
import type { HandoverMessage } from '../capture/handover/slab.ts';
import { createSlabWriter } from '../capture/handover/slab.ts';
import type { ModelPlan, Plan } from '../config/plan.ts';
import type { Clock } from '../kernel/clock.ts';
import { createDeadlineWatch } from '../kernel/deadlines.ts';
import type { Random } from '../kernel/random.ts';
import type { Allocations, AllocationTable } from '../split/tables.ts';
import type { MeterBlock } from '../telemetry/meters.ts';
import { createMeters } from '../telemetry/meters.ts';
import { createEndpointWatch, type EndpointNews } from '../upstream/endpoint-watch.ts';
import { decide } from './decide.ts';
import { drainServer } from './drain.ts';
import type { Gate } from './gate.ts';
import { installFastLane } from './lanes/fast-lane.ts';
import type { Front } from './lanes/front.ts';
import { createGeneralLane, tlsOptions } from './lanes/general-lane.ts';
import { startPulse } from './pulse.ts';
import { createRoutes } from './routes.ts';

export interface Gateway {
  /** @returns the port bound; rejects where it cannot be */
  listen(port: number): Promise<number>;
  /** Make ready a model of a Plan that is to come (routes.ts). */
  prepare(model: ModelPlan, tables: readonly AllocationTable[]): void;
  swap(plan: Plan, allocations: Allocations): void;
  /** Take back a slab that the monitor has emptied. */
  recycle(buffer: ArrayBuffer): void;
  /** Records that answers wait for are on disk, or lost. */
  settle(message: SlabSettled): void;
  logLineLost(): void;
  /** Answer what is under way, then close everything. */
  drain(graceful: boolean): Promise<void>;
}

export interface GatewayOptions {
  readonly thread: number;
  readonly plan: Plan;
  readonly allocations: Allocations;
  readonly clock: Clock;
  readonly random: Random;
  readonly post: (message: HandoverMessage<MeterBlock>, transfer: ArrayBuffer[]) => void;
  /** An endpoint went out of service, or came back. */
  readonly tell: (news: EndpointNews) => void;
  /** Something that should not have happened, off the request path. */
  readonly report: (problem: unknown) => void;
}

const DEADLINE_TICK_MS = 10;
/** What a record needs besides two held bodies and what came in the request's head. */
const RECORD_BYTES = 128 * 1024;
/** Records wait at most this long in a slab that is not full. */
const FLUSH_MS = 5;
/** Between two looks at the endpoints. */
const LOOK_MS = 1000;

export function createGateway(options: GatewayOptions): Gateway {
  const { clock, post } = options;
  const watch = createDeadlineWatch(clock, DEADLINE_TICK_MS);
  const meters = createMeters(options.thread, (block) => post({ kind: 'meters', block }, []));
  const pulse = startPulse(meters.gateway);
  const slabs = createSlabWriter({ post, recordBytesMax: recordBytesMax(options.plan) });
  const { fastLane } = options.plan.listen;
  const routes = createRoutes({ clock, watch, meters, fastLane, report: options.report });
  const endpoints = createEndpointWatch(() => routes.endpoints);
  const rounds = setInterval(() => endpoints.look().forEach(options.tell), LOOK_MS).unref();
  let { plan } = options;
  let connections = 0;
  let flushTimer: NodeJS.Timeout | undefined;
  let flushSoon: NodeJS.Immediate | undefined;

  function flush(): void {
    clearTimeout(flushTimer);
    clearImmediate(flushSoon);
    flushTimer = undefined;
    flushSoon = undefined;
    slabs.flush();
    meters.gateway.slabsOut(slabs.out);
  }

  const gate: Gate = {
    clock,
    random: options.random,
    watch,
    meters,
    routes,
    listen: plan.listen,
    traceSample: traceSample(plan),
    recordMs: plan.captures.commit.timeoutMs,
    draining: false,
    inflight: 0,
    handOver(record, account, settled) {
      account.received();
      let taken = false;
      try {
        taken = slabs.write(record, settled);
        if (!taken) account.captureDropped(slabs.isTooLarge(record) ? 'record_too_large' : 'monitor_behind');
        // A client waits for it: together with the others of this turn, and now.
        else if (settled !== null) flushSoon ??= setImmediate(flush);
        else flushTimer ??= setTimeout(flush, FLUSH_MS);
      } catch (error) {
        // Received, hence captured or dropped, whatever happens.
        account.captureDropped('write_failed');
        options.report(error);
      }
      if (!taken) settled?.(false);
    },
    fault: options.report,
  };
  routes.swap(plan, options.allocations);

  // What is no decision waits for the parts that serve it; they are loaded once the port is open.
  let front: Promise<Front> | undefined;
  const loadFront = (): Promise<Front> => {
    front ??= import('./lanes/front.ts').then(({ createFront }) =>
      createFront({ clock, draining: () => gate.draining, noModel: () => meters.gateway.refused('no_model') }),
    );
    return front;
  };
  const server: Server = createGeneralLane(plan.listen, clock, {
    exchange: (exchange) => decide(gate, exchange),
    elsewhere(request, response) {
      loadFront()
        .then((serve) => serve(request, response))
        .catch((error: unknown) => {
          options.report(error);
          response.destroy();
        });
    },
    refused: (code) => meters.gateway.refused(code),
    connections(delta) {
      connections += delta;
      meters.gateway.connections(delta);
    },
    connectionRefused: () => meters.gateway.connectionRefused(),
    closing: () => gate.draining,
    fault: options.report,
  });
  const fast =
    fastLane && plan.listen.tls === null
      ? installFastLane(server, {
          clock,
          watch,
          headMs: plan.listen.timeout.headMs,
          idleMs: plan.listen.timeout.idleMs,
          headBytesMax: plan.listen.headBytesMax,
          exchange: (exchange) => decide(gate, exchange),
          closing: () => gate.draining,
          fault: options.report,
        })
      : null;

  return {
    listen(port) {
      const { host, threads } = plan.listen;
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, reusePort: threads > 1, backlog: 1024 }, () => {
          server.off('error', reject);
          server.on('error', options.report);
          loadFront().catch(options.report);
          resolve((server.address() as AddressInfo).port);
        });
      });
    },
    prepare: routes.prepare,
    swap(next, allocations) {
      routes.swap(next, allocations);
      // Bodies that were held under the Plan before are still to be recorded.
      slabs.bound(Math.max(recordBytesMax(plan), recordBytesMax(next)));
      gate.listen = next.listen;
      gate.traceSample = traceSample(next);
      gate.recordMs = next.captures.commit.timeoutMs;
      if (next.listen.tls !== null && server instanceof TlsServer) server.setSecureContext(tlsOptions(next.listen.tls));
      plan = next;
    },
    recycle(buffer) {
      slabs.recycle(buffer);
      meters.gateway.slabsOut(slabs.out);
    },
    settle: slabs.settle,
    logLineLost: () => meters.gateway.logLineLost(),
    async drain(graceful) {
      gate.draining = true;
      await drainServer(server, {
        closeIdle: () => fast?.closeIdle(),
        closeAll: () => fast?.closeAll(),
        graceful,
        drainMs: plan.listen.drainMs,
        clock,
        busy: () => gate.inflight > 0,
        connections: () => connections,
        pending: () => routes.shadows > 0,
      });
      clearInterval(rounds);
      await routes.close();
      flush();
      pulse.stop();
      watch.close();
    },
  };
}

/** The unit and the path may come from the head, and each of its characters counts twice. */
function recordBytesMax({ listen }: Plan): number {
  return 2 * listen.bodyBytesHeld + 4 * listen.headBytesMax + RECORD_BYTES;
}

/** Where nobody exports spans, no new trace is sampled: its parents would be missing. */
function traceSample({ telemetry: { traces } }: Plan): number {
  return traces.endpoint === null ? 0 : traces.sample;
}
