// Slabs on their way in: taken from every gateway's port, read one per turn of the event loop, so that the admin side is
// served between them, and sent back empty. Their number is bounded by the gateways: each has only so many slabs.

import type { MessagePort } from 'node:worker_threads';
import { createSettling, type Settled } from '../capture/handover/settling.ts';
import { type HandoverMessage, readSlab, type SlabMessage, type SlabReturn } from '../capture/handover/slab.ts';
import type { ExchangeRecord } from '../model.ts';
import type { MeterBlock } from '../telemetry/meters.ts';

export interface IntakeOptions {
  /** A record, valid only during the call. @param settled to be told whether it is on disk; null: nobody waits for it */
  readonly visit: (record: ExchangeRecord, settled: Settled | null) => void;
  /** A slab is read that held records somebody waits for: they are to be written now. */
  readonly commit: () => void;
  /** Records of a slab that could not be read: nobody was told of them. */
  readonly lost: (records: number) => void;
  readonly addBlock: (block: MeterBlock) => void;
  /** A slab that is not what a gateway writes, or a visit that threw: a fault of this program. */
  readonly fault: (error: unknown) => void;
}

export interface Intake {
  connect(port: MessagePort): void;
  /** Resolves once every gateway has hung up, or the deadline has passed, and every slab has been read. */
  finish(deadlineMs: number): Promise<void>;
}

interface Waiting {
  readonly port: MessagePort;
  readonly slab: SlabMessage;
}

export function createIntake({ visit, commit, lost, addBlock, fault }: IntakeOptions): Intake {
  const waiting: Waiting[] = [];
  const ports = new Set<MessagePort>();
  const idle: (() => void)[] = [];
  let scheduled = false;

  /** A turn away: a Plan that was announced before its first record is known by then. */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(readOne);
  }

  function readOne(): void {
    scheduled = false;
    const next = waiting.shift();
    if (next !== undefined) read(next);
    if (waiting.length > 0) schedule();
    else if (ports.size === 0) for (const resolve of idle.splice(0)) resolve();
  }

  function read({ port, slab }: Waiting): void {
    let seen = 0;
    const guarded = (run: () => void): void => {
      try {
        run();
      } catch (error) {
        fault(error);
      }
    };
    const settling =
      slab.awaited === null ? null : createSettling(slab.awaited, (message) => port.postMessage(message));
    guarded(() =>
      readSlab(slab.buffer, slab.used, (record) => {
        const settled = settling?.of(seen) ?? null;
        seen += 1;
        guarded(() => visit(record, settled));
      }),
    );
    if (settling !== null) {
      settling.end();
      commit();
    }
    if (seen < slab.count) lost(slab.count - seen);
    const back: SlabReturn = { kind: 'slab', buffer: slab.buffer };
    port.postMessage(back, [slab.buffer]);
  }

  function hangUp(port: MessagePort): void {
    ports.delete(port);
    schedule();
  }

  return {
    connect(port) {
      ports.add(port);
      port.on('close', () => hangUp(port));
      port.on('message', (message: HandoverMessage<MeterBlock>) => {
        if (message.kind === 'meters') {
          addBlock(message.block);
          return;
        }
        waiting.push({ port, slab: message });
        schedule();
      });
    },
    async finish(deadlineMs) {
      const deadline = setTimeout(() => {
        for (const port of ports) port.close();
        ports.clear();
        schedule();
      }, deadlineMs);
      await new Promise<void>((resolve) => {
        idle.push(resolve);
        schedule();
      });
      clearTimeout(deadline);
    },
  };
}
