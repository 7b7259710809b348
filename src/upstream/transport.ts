// The contract of a transport: the way to one endpoint. Which one takes a request is choose-transport.ts's to say.

import type { ClientTlsPlan } from '../config/plan.ts';
import type { Call, CallListener, OutgoingRequest } from '../http/call.ts';
import type { Clock } from '../kernel/clock.ts';

export interface Transport {
  /** No event comes before this has returned, other than callSent. */
  call(request: OutgoingRequest, listener: CallListener): Call;
  /** Finish what is under way, then close. */
  close(): Promise<void>;
  /** Fail what is under way, and close. */
  destroy(): Promise<void>;
}

export interface TransportOptions {
  readonly connectTimeoutMs: number;
  /** For held and for streamed requests each. */
  readonly connectionsMax: number;
  readonly tls: ClientTlsPlan | null;
  /** Whether held requests to plain HTTP endpoints take the socket transport. */
  readonly fastLane: boolean;
  readonly clock: Clock;
}

/** Heads of answers above this are refused as invalid. */
export const RESPONSE_HEAD_BYTES_MAX = 64 * 1024;

/** Shorter than the 5 s after which uvicorn and node close an idle connection: the gate must be first. */
export const IDLE_MS = 4000;
