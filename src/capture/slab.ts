// The one-way hand-over from a gateway thread to the monitor. CONTRACT STUB: implementation to follow in this file.
import type { ExchangeRecord } from '../model.ts';
import type { MeterBlock } from '../telemetry/meters.ts';

/** Gateway -> monitor, on a MessagePort of their own. Slab buffers are transferred, not cloned. */
export type HandoverMessage =
  | { readonly kind: 'slab'; readonly buffer: ArrayBuffer; readonly used: number; readonly count: number }
  | { readonly kind: 'meters'; readonly block: MeterBlock };

/** Monitor -> gateway: an emptied slab, to be filled again. */
export interface SlabReturn {
  readonly kind: 'slab';
  readonly buffer: ArrayBuffer;
}

export interface SlabWriter {
  /** Pack one record. @returns false where no slab is free: the caller counts the drop. */
  write(record: ExchangeRecord): boolean;
  /** Hand over what is packed, if anything. */
  flush(): void;
  recycle(buffer: ArrayBuffer): void;
  /** Slabs handed over and not yet returned. */
  readonly out: number;
}
