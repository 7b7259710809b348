// Shadows: copies of a request sent to a version whose answer nobody waits for. A shadow runs on connections of its own,
// under its own deadline, within bounds on calls and bytes, and its end is told to whoever sent it. It has no way to touch
// the exchange it copies.

import type { Failure } from '../errors.ts';
import type { Call, CallListener, OutgoingRequest } from '../http/call.ts';
import type { Outcome } from '../http/outcome.ts';
import { answerOutcome, failureOutcome } from '../http/outcome.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DeadlineWatch, Watched } from '../kernel/deadlines.ts';
import { type Listed, LiveList } from '../kernel/live-list.ts';
import { murmur3 } from '../kernel/murmur3.ts';
import type { ShadowDrop } from '../model.ts';

/** One version as shadows call it. `release` tells the upstream's books how the call ended. */
export interface ShadowTarget {
  call(
    request: OutgoingRequest,
    listener: CallListener,
    avoid: null,
  ): { readonly call: Call; release(outcome: Outcome): void } | undefined;
}

export interface ShadowBounds {
  readonly timeoutMs: number;
  /** Calls in flight, and request bytes held by them. */
  readonly callsMax: number;
  readonly bytesMax: number;
  /** Whether the bytes of an answer are kept at all. */
  readonly keeps: boolean;
  /** Bytes kept of an answer; a longer one is counted on, up to `answerBytesMax`, then cut off. */
  readonly heldBytesMax: number;
  readonly answerBytesMax: number;
}

/** How a shadow ended: its answer, or why there was none. */
export interface ShadowResult {
  readonly status: number;
  readonly headers: readonly string[];
  readonly held: readonly Uint8Array[];
  readonly bytes: number;
  readonly truncated: boolean;
  readonly failure: Failure | null;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Mirror {
  /** @returns why nothing was sent, or null; then `done` is called exactly once, later */
  send(
    target: ShadowTarget,
    request: OutgoingRequest,
    bodyBytes: number,
    bounds: ShadowBounds,
    done: (result: ShadowResult) => void,
  ): ShadowDrop | null;
  readonly calls: number;
  readonly bytes: number;
  /** Cut every shadow off: the gate is going. */
  close(): void;
}

export function createMirror(clock: Clock, watch: DeadlineWatch): Mirror {
  let calls = 0;
  let bytes = 0;
  const live = new LiveList<Seat>();
  return {
    send(target, request, bodyBytes, bounds, done) {
      if (calls >= bounds.callsMax) return 'too_many_calls';
      if (bytes + bodyBytes > bounds.bytesMax) return 'too_many_bytes';
      const shadow = new Shadow(clock, watch, bounds, (result) => {
        calls--;
        bytes -= bodyBytes;
        live.remove(seat);
        done(result);
      });
      const seat: Seat = { place: -1, shadow };
      calls++;
      bytes += bodyBytes;
      if (shadow.start(target, request)) {
        live.add(seat);
        return null;
      }
      calls--;
      bytes -= bodyBytes;
      return 'no_healthy_upstream';
    },
    get calls() {
      return calls;
    },
    get bytes() {
      return bytes;
    },
    close() {
      live.each(({ shadow }) => shadow.cut({ code: 'draining', detail: '' }, 'abandoned'));
    },
  };
}

/** A shadow among all of its mirror; its own place is the one in the watch. */
interface Seat extends Listed {
  readonly shadow: Shadow;
}

class Shadow implements CallListener, Watched {
  dueAt = Number.POSITIVE_INFINITY;
  place = -1;
  readonly #clock: Clock;
  readonly #watch: DeadlineWatch;
  readonly #bounds: ShadowBounds;
  readonly #done: (result: ShadowResult) => void;
  readonly #startedAt: number;
  #outgoing: ReturnType<ShadowTarget['call']>;
  #status = 0;
  #headers: readonly string[] = [];
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #bytes = 0;
  #over = false;

  constructor(clock: Clock, watch: DeadlineWatch, bounds: ShadowBounds, done: (result: ShadowResult) => void) {
    this.#clock = clock;
    this.#watch = watch;
    this.#bounds = bounds;
    this.#done = done;
    this.#startedAt = clock.now();
  }

  start(target: ShadowTarget, request: OutgoingRequest): boolean {
    this.dueAt = this.#startedAt + this.#bounds.timeoutMs;
    this.#watch.add(this);
    this.#outgoing = target.call(request, this, null);
    if (this.#outgoing === undefined) this.#watch.remove(this);
    return this.#outgoing !== undefined;
  }

  expired(): void {
    this.cut({ code: 'upstream_timeout', detail: `No whole answer within ${this.#bounds.timeoutMs} ms.` }, 'failed');
  }

  callSent(): void {}

  callInformed(): void {}

  callStarted(status: number, _text: string, headers: string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  callData(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const room = this.#bounds.heldBytesMax - this.#heldBytes;
    if (room > 0 && this.#bounds.keeps) {
      const kept = chunk.length <= room ? chunk : chunk.subarray(0, room);
      this.#held.push(kept);
      this.#heldBytes += kept.length;
    }
    if (this.#bytes > this.#bounds.answerBytesMax) {
      this.cut(
        { code: 'upstream_invalid', detail: `The answer is over ${this.#bounds.answerBytesMax} bytes.` },
        'abandoned',
      );
    }
  }

  callEnded(): void {
    this.#finish(null, answerOutcome(this.#status));
  }

  callFailed(failure: Failure): void {
    this.#finish(failure, failureOutcome(failure));
  }

  cut(failure: Failure, outcome: 'failed' | 'abandoned'): void {
    this.#outgoing?.call.abort();
    this.#finish(failure, outcome);
  }

  #finish(failure: Failure | null, outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#watch.remove(this);
    this.#outgoing?.release(outcome);
    this.#done({
      status: this.#status,
      headers: this.#headers,
      held: this.#held,
      bytes: this.#bytes,
      truncated: this.#bytes > this.#bounds.heldBytesMax,
      failure,
      startedAt: this.#startedAt,
      endedAt: this.#clock.now(),
    });
  }
}

const SAMPLE_SEED = 0x51ad0;

/**
 * Whether a decision falls into a version's mirror: by the hash of its id, so that a replay can tell, and independent
 * between versions.
 * @param share fraction, 0 to 1
 */
export function isMirrored(decisionId: string, version: string, share: number): boolean {
  if (share >= 1) return true;
  if (share <= 0) return false;
  return murmur3(Buffer.from(`${version}:${decisionId}`, 'latin1'), SAMPLE_SEED) < share * 2 ** 32;
}
