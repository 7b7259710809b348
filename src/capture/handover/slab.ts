// The one-way hand-over from a gateway thread to the monitor: finished exchanges are packed into binary slabs whose
// buffers change threads by transfer. A message per record would cost more than proxying it; a slab costs a copy.
// What becomes of a record afterwards is the monitor's business; what becomes of a refused one is the gateway's (it counts).
// The bytes of a record are slab-layout.ts's.

import type { ExchangeRecord } from '../../model.ts';
import { type Awaited, createWaiters, type Settled, type SlabSettled } from './settling.ts';
import { bytesAtMost, pack, type SlabViews, unpack, viewSlab } from './slab-layout.ts';

/** Gateway -> monitor: a slab with `count` records in its first `used` bytes. The buffer is transferred, not cloned. */
export interface SlabMessage {
  readonly kind: 'slab';
  readonly buffer: ArrayBuffer;
  readonly used: number;
  readonly count: number;
  /** null: nobody waits for any of its records. */
  readonly awaited: Awaited | null;
}

/** Gateway -> monitor, on a MessagePort of their own. `Block` is the telemetry room's block of counters. */
export type HandoverMessage<Block> = SlabMessage | { readonly kind: 'meters'; readonly block: Block };

/** Monitor -> gateway: an emptied slab, to be filled again. */
export interface SlabReturn {
  readonly kind: 'slab';
  readonly buffer: ArrayBuffer;
}

/** All that a monitor says to a gateway. */
export type HandoverReply = SlabReturn | SlabSettled;

export interface SlabWriter {
  /**
   * Pack one record. @returns false where no slab is free or the record is over its bound: the caller counts the drop.
   * @param settled told by `settle` whether the record is on disk; not at all where it was not taken
   */
  write(record: ExchangeRecord, settled?: Settled | null): boolean;
  /** Whether a record is over the bound, so that waiting for a slab would not help. */
  isTooLarge(record: ExchangeRecord): boolean;
  /** Take records of this size from now on. */
  bound(recordBytesMax: number): void;
  /** Hand over what is packed, if anything. */
  flush(): void;
  recycle(buffer: ArrayBuffer): void;
  /** Tell whoever waits for the records of a slab. */
  settle(message: SlabSettled): void;
  /** Slabs handed over and not yet returned. */
  readonly out: number;
}

export interface SlabWriterOptions {
  readonly post: (message: SlabMessage, transfer: ArrayBuffer[]) => void;
  readonly slabBytes?: number;
  /** Slabs in existence at once, the one being filled included. */
  readonly slabsMax?: number;
  /** A record that needs more is refused; one that needs more than a slab travels in a buffer of its own. */
  readonly recordBytesMax?: number;
  /** Bytes handed over and not yet returned; a first buffer always goes. */
  readonly outBytesMax?: number;
}

const DEFAULT_SLAB_BYTES = 256 * 1024;
/** Two held bodies and two heads at the default limits of `listen`. */
const DEFAULT_RECORD_BYTES_MAX = 2 * 256 * 1024 + 128 * 1024;
/** Large records count by their bytes: as many of them as there may be slabs would fill the memory. */
const DEFAULT_OUT_BYTES_MAX = 64 * 1024 ** 2;

/** Large buffers that wait to be used again, and what their lengths are multiples of. */
const LARGE_KEPT = 8;
const LARGE_STEP_BYTES = 64 * 1024;

/** A slab under the pen, and how far it is filled. */
interface OpenSlab {
  readonly buffer: ArrayBuffer;
  readonly views: SlabViews;
  used: number;
  count: number;
  /** Records that somebody waits for, by their place, and who. */
  readonly awaited: number[];
  readonly settled: Settled[];
}

function open(buffer: ArrayBuffer): OpenSlab {
  return { buffer, views: viewSlab(buffer), used: 0, count: 0, awaited: [], settled: [] };
}

export function createSlabWriter(options: SlabWriterOptions): SlabWriter {
  const { post, slabBytes = DEFAULT_SLAB_BYTES, slabsMax = 64, outBytesMax = DEFAULT_OUT_BYTES_MAX } = options;
  if (slabBytes % 8 !== 0 || slabBytes <= 0) throw new RangeError(`slabBytes is ${slabBytes}; give a multiple of 8`);
  const free: ArrayBuffer[] = [];
  /** Those of records that need more than a slab; the one that came back last is the last. */
  const large: ArrayBuffer[] = [];
  const waiters = createWaiters();
  let current: OpenSlab | null = null;
  let { recordBytesMax = DEFAULT_RECORD_BYTES_MAX } = options;
  let out = 0;
  let outBytes = 0;

  function handOver(slab: OpenSlab): void {
    out += 1;
    outBytes += slab.buffer.byteLength;
    const { buffer, used, count, settled, awaited: records } = slab;
    const awaited = records.length === 0 ? null : { slab: waiters.add(settled), records };
    post({ kind: 'slab', buffer, used, count, awaited }, [buffer]);
  }

  function flush(): void {
    if (current === null || current.count === 0) return;
    handOver(current);
    current = null;
  }

  /** One that has come back and is not far too large, or a new one with some room to be used for another record. */
  function largeBuffer(bytes: number): ArrayBuffer {
    const at = large.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes + LARGE_STEP_BYTES);
    return (
      large.splice(at, at < 0 ? 0 : 1)[0] ?? new ArrayBuffer(Math.ceil(bytes / LARGE_STEP_BYTES) * LARGE_STEP_BYTES)
    );
  }

  function slabFor(bytes: number): OpenSlab | null {
    if (current !== null && current.used + bytes <= slabBytes) return current;
    flush();
    const held = current === null ? 0 : 1;
    if (bytes > slabBytes) {
      const hasRoom = out + held < slabsMax && (out === 0 || outBytes + bytes <= outBytesMax);
      return hasRoom ? open(largeBuffer(bytes)) : null;
    }
    if (current === null && out < slabsMax) current = open(free.pop() ?? new ArrayBuffer(slabBytes));
    return current;
  }

  return {
    write(record, settled = null) {
      const bytes = bytesAtMost(record);
      if (bytes > recordBytesMax) return false;
      const slab = slabFor(bytes);
      if (slab === null) return false;
      slab.used = pack(slab.views, slab.used, record);
      if (settled !== null) {
        slab.awaited.push(slab.count);
        slab.settled.push(settled);
      }
      slab.count += 1;
      if (slab !== current) handOver(slab);
      return true;
    },
    isTooLarge: (record) => bytesAtMost(record) > recordBytesMax,
    bound(bytes) {
      recordBytesMax = bytes;
    },
    flush,
    recycle(buffer) {
      if (out > 0) out -= 1;
      outBytes = Math.max(0, outBytes - buffer.byteLength);
      if (buffer.byteLength === slabBytes && free.length < slabsMax) free.push(buffer);
      else if (buffer.byteLength > slabBytes && large.push(buffer) > LARGE_KEPT) large.shift();
    },
    settle: waiters.settle,
    get out() {
      return out;
    },
  };
}

/**
 * Read the records of a slab in the order written. Bodies are views of the slab: valid only during the visit.
 * @throws RangeError where the bytes are not those that a writer made
 */
export function readSlab(buffer: ArrayBuffer, used: number, visit: (record: ExchangeRecord) => void): void {
  const views = viewSlab(buffer);
  for (let start = 0; start < used; ) {
    const { record, end } = unpack(views, start, used);
    visit(record);
    start = end;
  }
}
