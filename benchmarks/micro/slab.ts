// The hand-over to the monitor: packing an exchange of the workload into a slab, and reading it back. Buffers go straight
// from the writer to the reader, so that the change of threads itself is left out.

import { createSlabWriter, readSlab, type SlabMessage } from '../../src/capture/handover/slab.ts';
import { BENCH, exchange } from './exchanges.ts';
import type { Micro } from './micro.ts';

/** Packed records that are kept for reading: more than one slab of them. */
const READ_SLABS = 8;

export const slab: readonly Micro[] = [
  {
    name: 'slab-write',
    operation: 'one exchange of 410 bytes of bodies packed',
    targetNs: null,
    prepare() {
      const example = exchange(BENCH, 1, 'champion');
      let handedOver = 0;
      const writer = createSlabWriter({
        post(message) {
          handedOver += message.count;
          writer.recycle(message.buffer);
        },
      });
      return (operations) => {
        for (let i = 0; i < operations; i++) if (!writer.write(example)) throw new Error('the writer refused a record');
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
  const example = exchange(BENCH, 1, 'champion');
  const writer = createSlabWriter({ post: (message) => slabs.push(message) });
  while (slabs.length < READ_SLABS) writer.write(example);
  return slabs;
}
