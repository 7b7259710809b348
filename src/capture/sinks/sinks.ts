// The list of sinks. Adding one is a file that satisfies `Sink`, a branch of the configuration, a line here, and a green
// contract test. Each is loaded when the first one of its type is opened: their libraries are large, and few gates need all.

import type { SinkPlan, SinkType } from '../../config/plan.ts';
import type { OpenSink, Sink } from './sink.ts';

export const SINKS: { readonly [Type in SinkType]: () => Promise<Sink<Type>> } = {
  cloudevents: async () => (await import('./cloudevents.ts')).cloudevents,
  kafka: async () => (await import('./kafka.ts')).kafka,
  s3: async () => (await import('./s3.ts')).s3,
};

export async function openSink(plan: SinkPlan, wall: () => number): Promise<OpenSink> {
  switch (plan.type) {
    case 'cloudevents':
      return (await SINKS.cloudevents()).open(plan, wall);
    case 'kafka':
      return (await SINKS.kafka()).open(plan, wall);
    case 's3':
      return (await SINKS.s3()).open(plan, wall);
  }
}
