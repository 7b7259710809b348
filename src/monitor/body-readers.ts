// The readers of a model's bodies: one for requests, one for the answers of each version, since each writes in its own form. They
// learn as they go, so that a reload which changes nothing of how bodies are read keeps them.

import type { ModelPlan } from '../config/plan.ts';
import { createLearnedReader, type LearnedReader } from '../protocols/learned-reader.ts';
import { hasPointers } from '../protocols/pointed-columns.ts';
import type { Protocol, ReadOptions } from '../protocols/protocol.ts';

export interface BodyReaders {
  /** What, when changed, makes them begin anew. */
  readonly basis: string;
  readonly request: LearnedReader;
  /** By version, as the model lists them. */
  readonly responses: readonly LearnedReader[];
}

export function createBodyReaders(
  model: ModelPlan,
  protocol: Protocol,
  options: ReadOptions,
  before: BodyReaders | null,
): BodyReaders {
  const versions = model.versions.map(({ name }) => name);
  const basis = JSON.stringify([protocol.name, options.features, versions]);
  if (before?.basis === basis) return before;
  return {
    basis,
    request: createLearnedReader({
      ordinary: (payload) => protocol.readRequest(payload, options),
      looksAt: hasPointers(options) ? null : protocol.looksAt.request,
    }),
    responses: versions.map(() =>
      createLearnedReader({ ordinary: protocol.readResponse, looksAt: protocol.looksAt.response }),
    ),
  };
}
