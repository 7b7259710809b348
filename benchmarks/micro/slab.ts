// The hand-over to the monitor: packing an exchange of the workload into a slab, and reading it back. Buffers go straight
// from the writer to the reader, so that the change of threads itself is left out.

import { createSlabWriter, readSlab, type SlabMessage } from '../../src/capture/handover/slab.ts';
import type { ExchangeRecord } from '../../src/model.ts';
import { answerBody, requestBody, TARGET, unitName } from '../workload.ts';
import type { Micro } from './micro.ts';

/** Packed records that are kept for reading: more than one slab of them. */
const READ_SLABS = 8;

export const slab: readonly Micro[] = [
  {
    name: 'slab-write',
    operation: 'one exchange of 410 bytes of bodies packed',
    targetNs: null,
    prepare() {
      const exchange = exampleExchange();
      let handedOver = 0;
      const writer = createSlabWriter({
        post(message) {
          handedOver += message.count;
          writer.recycle(message.buffer);
        },
      });
      return (operations) => {
        for (let i = 0; i < operations; i++)
          if (!writer.write(exchange)) throw new Error('the writer refused a record');
        writer.flush();
        return handedOver;
      };
    },
  },
  {
    name: 'slab-read',
    operation: 'one exchange read back',
    targetNs: null,
    prepare() {
      const slabs = filledSlabs();
      return (operations) => {
        let bytes = 0;
        for (let read = 0; read < operations; ) {
          for (const { buffer, used, count } of slabs) {
            readSlab(buffer, used, (record) => {
              bytes += record.responseBytes;
            });
            read += count;
            if (read >= operations) break;
          }
        }
        return bytes;
      };
    },
  },
];

function filledSlabs(): SlabMessage[] {
  const slabs: SlabMessage[] = [];
  const exchange = exampleExchange();
  const writer = createSlabWriter({ post: (message) => slabs.push(message) });
  while (slabs.length < READ_SLABS) writer.write(exchange);
  return slabs;
}

function exampleExchange(): ExchangeRecord {
  const request = Buffer.from(requestBody(1));
  const response = Buffer.from(answerBody('champion'));
  return {
    serial: 1,
    model: 0,
    version: 0,
    assigned: 0,
    role: 'champion',
    reason: 'split',
    slot: 4711,
    epoch: 1,
    rule: -1,
    propensity: 0.9,
    decisionId: '018f4d7e-6c1a-7b3c-9d2e-0123456789ab',
    unit: unitName(1),
    client: '127.0.0.1',
    method: 'POST',
    path: TARGET,
    status: 200,
    failure: -1,
    at: 1_700_000_000_000.25,
    latencyMs: 1.5,
    upstreamMs: 1.25,
    attempts: 1,
    requestBytes: request.length,
    responseBytes: response.length,
    truncated: false,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: '',
    spanId: 'b7ad6b7169203331',
    callSpanId: '00f067aa0ba902b7',
    sampled: false,
    requestHeaders: ['content-type', 'application/json'],
    responseHeaders: ['content-type', 'application/json'],
    request: [request],
    response: [response],
  };
}
