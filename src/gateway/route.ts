// A model as the data path uses it: its Plan compiled (compile-model.ts), joined to state that outlives Plans (upstreams,
// counters, mirrors).

import type { ModelPlan } from '../config/plan.ts';
import type { KnownNames } from '../http/known-names.ts';
import type { Mirror } from '../mirror/mirror.ts';
import type { ModelSplit } from '../split/assign.ts';
import type { Drain } from '../split/drain.ts';
import type { ModelMeter, SeriesMeter } from '../telemetry/meters.ts';
import type { VersionUpstream } from '../upstream/version-upstream.ts';
import type { Generation } from './generations.ts';

export interface RouteVersion {
  readonly index: number;
  readonly name: string;
  readonly role: 'champion' | 'challenger';
  readonly upstream: VersionUpstream;
  readonly meter: SeriesMeter;
}

export interface RouteMirror {
  readonly version: number;
  readonly name: string;
  readonly share: number;
  readonly timeoutMs: number;
  readonly callsMax: number;
  readonly bytesMax: number;
  readonly upstream: VersionUpstream;
  readonly meter: SeriesMeter;
  readonly mirror: Mirror;
}

/** What a model is by itself: the same from Plan to Plan while neither it nor its allocation changes. */
export interface ModelRoute {
  readonly plan: ModelPlan;
  readonly split: ModelSplit;
  readonly drain: Drain | null;
  readonly isDecision: (method: string, path: string) => boolean;
  readonly versions: readonly RouteVersion[];
  readonly mirrors: readonly RouteMirror[];
  /** Calls in flight of this model on this thread. */
  readonly load: { inflight: number };
  /** What capture is due of this model. */
  readonly account: ModelMeter;
  /** Whether somebody reads or keeps the bodies of its records. */
  readonly recordsBodies: boolean;
  /** Lower-case names of request headers that go on the record. */
  readonly recordHeaders: KnownNames;
}

/** And what it is under one Plan. */
export interface Route extends ModelRoute {
  readonly serial: number;
  /** Position in the Plan's models. */
  readonly index: number;
  /** Held by every decision under way. */
  readonly generation: Generation;
}
