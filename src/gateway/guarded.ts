// The net under a decision: every event that reaches it from outside (its client, its upstream, its deadline) enters here.
// An exception is a fault of the gate's own; it ends the decision that met it, and nothing else. What that end is, the
// decision says.

import type { Failure } from '../errors.ts';
import type { CallListener } from '../http/call.ts';
import type { ExchangeListener } from '../http/exchange.ts';
import type { Watched } from '../kernel/deadlines.ts';

/** Written out rather than generated: these run for every piece of every body, and each stays a plain call. */
export abstract class Guarded implements ExchangeListener, CallListener, Watched {
  dueAt = Number.POSITIVE_INFINITY;
  place = -1;

  requestData(chunk: Uint8Array, fleeting: boolean): void {
    try {
      this.onRequestData(chunk, fleeting);
    } catch (error) {
      this.crashed(error);
    }
  }

  requestEnd(trailers: readonly string[]): void {
    try {
      this.onRequestEnd(trailers);
    } catch (error) {
      this.crashed(error);
    }
  }

  requestInvalid(detail: string): void {
    try {
      this.onRequestInvalid(detail);
    } catch (error) {
      this.crashed(error);
    }
  }

  writable(): void {
    try {
      this.onWritable();
    } catch (error) {
      this.crashed(error);
    }
  }

  clientGone(): void {
    try {
      this.onClientGone();
    } catch (error) {
      this.crashed(error);
    }
  }

  answered(): void {
    try {
      this.onAnswered();
    } catch (error) {
      this.crashed(error);
    }
  }

  abstract callSent(): void;

  callInformed(status: number, rawHeaders: readonly string[]): void {
    try {
      this.onCallInformed(status, rawHeaders);
    } catch (error) {
      this.crashed(error);
    }
  }

  callStarted(status: number, statusText: string, rawHeaders: string[]): void {
    try {
      this.onCallStarted(status, statusText, rawHeaders);
    } catch (error) {
      this.crashed(error);
    }
  }

  callData(chunk: Uint8Array): void {
    try {
      this.onCallData(chunk);
    } catch (error) {
      this.crashed(error);
    }
  }

  callEnded(trailers: readonly string[]): void {
    try {
      this.onCallEnded(trailers);
    } catch (error) {
      this.crashed(error);
    }
  }

  callFailed(failure: Failure): void {
    try {
      this.onCallFailed(failure);
    } catch (error) {
      this.crashed(error);
    }
  }

  /** The record that the answer waits for is on disk, or will never be. */
  recorded(captured: boolean): void {
    try {
      this.onRecorded(captured);
    } catch (error) {
      this.crashed(error);
    }
  }

  expired(nowMs: number): void {
    try {
      this.onExpired(nowMs);
    } catch (error) {
      this.crashed(error);
    }
  }

  /** Report the fault, and end what met it. Throws nothing. */
  protected abstract crashed(error: unknown): void;

  protected abstract onRequestData(chunk: Uint8Array, fleeting: boolean): void;
  protected abstract onRequestEnd(trailers: readonly string[]): void;
  protected abstract onRequestInvalid(detail: string): void;
  protected abstract onWritable(): void;
  protected abstract onClientGone(): void;
  protected abstract onAnswered(): void;
  protected abstract onCallInformed(status: number, rawHeaders: readonly string[]): void;
  protected abstract onCallStarted(status: number, statusText: string, rawHeaders: string[]): void;
  protected abstract onCallData(chunk: Uint8Array): void;
  protected abstract onCallEnded(trailers: readonly string[]): void;
  protected abstract onCallFailed(failure: Failure): void;
  protected abstract onRecorded(captured: boolean): void;
  protected abstract onExpired(nowMs: number): void;
}
