// What each route of the API does: ask the view, and say so when what was asked for is not there.

import type { OpenAPIHono } from '@hono/zod-openapi';
import { parseAsked } from '../drift/distances/conventions/conventions.ts';
import type { Clock } from '../kernel/clock.ts';
import { addAlarms } from './alarm-routes.ts';
import { live } from './live.ts';
import { health, readiness } from './probes.ts';
import { problemOf, someOf } from './problem.ts';
import * as routes from './routes.ts';
import type { AdminView } from './view.ts';

const PROBLEM_JSON = { 'content-type': 'application/problem+json' };

export function addApi(app: OpenAPIHono, view: AdminView, clock: Clock): void {
  addProbes(app, view);
  addModels(app, view);
  addQuality(app, view);
  addDecisions(app, view);
  addOutcomes(app, view);
  addAlarms(app, view);
  addConfig(app, view);
  app.openapi(routes.liveRoute, (c) => c.json(live(view, c.req.valid('query').model, clock.wall()), 200));
}

function addProbes(app: OpenAPIHono, view: AdminView): void {
  app.openapi(routes.healthRoute, (c) => c.json(health(), 200));
  app.openapi(routes.readyRoute, (c) => {
    const { status, body } = readiness(view);
    return c.json(body, status);
  });
  app.openapi(routes.metricsRoute, async (c) => {
    const { text, contentType } = await view.metrics();
    return c.text(text, 200, { 'content-type': contentType });
  });
}

function addModels(app: OpenAPIHono, view: AdminView): void {
  app.openapi(routes.modelsRoute, (c) => c.json({ models: view.models() }, 200));
  app.openapi(routes.modelRoute, (c) => {
    const { model } = c.req.valid('param');
    const found = view.model(model);
    return found === undefined ? c.json(noModel(view, model), 404, PROBLEM_JSON) : c.json(found, 200);
  });
  app.openapi(routes.splitRoute, (c) => {
    const { model } = c.req.valid('param');
    const found = view.split(model);
    return found === undefined ? c.json(noModel(view, model), 404, PROBLEM_JSON) : c.json(found, 200);
  });
  app.openapi(routes.shadowsRoute, (c) => {
    const { model } = c.req.valid('param');
    const shadows = view.shadows(model);
    return shadows === undefined ? c.json(noModel(view, model), 404, PROBLEM_JSON) : c.json({ model, shadows }, 200);
  });
  app.openapi(routes.driftRoute, (c) => {
    const { model } = c.req.valid('param');
    const { distances, feature, window } = c.req.valid('query');
    const asked = distances === undefined ? null : parseAsked(distances);
    const found = view.drift(model, {
      distances: asked === null || 'unknown' in asked ? null : asked,
      features: feature === undefined ? null : [feature].flat(),
      window: window ?? null,
    });
    return found === undefined ? c.json(noModel(view, model), 404, PROBLEM_JSON) : c.json(found, 200);
  });
}

function addQuality(app: OpenAPIHono, view: AdminView): void {
  app.openapi(routes.qualityRoute, (c) => {
    const { model } = c.req.valid('param');
    const found = view.quality(model);
    return found === undefined ? c.json(noModel(view, model), 404, PROBLEM_JSON) : c.json(found, 200);
  });
}

function addDecisions(app: OpenAPIHono, view: AdminView): void {
  app.openapi(routes.capturesRoute, (c) => c.json(view.captures(), 200));
  app.openapi(routes.explainRoute, (c) => {
    const { model, unit, header, query, path, body } = c.req.valid('query');
    const found = view.explain(model, unit, {
      headers: record(header, (name) => name.toLowerCase()),
      query: record(query, (name) => name),
      path: path ?? '',
      body: body === undefined ? null : Buffer.from(body, 'utf8'),
    });
    if (found === undefined) return c.json(noModel(view, model), 404, PROBLEM_JSON);
    if ('obstacle' in found) return c.json(problemOf('not_assigned', found.obstacle), 422, PROBLEM_JSON);
    return c.json(found, 200);
  });
  app.openapi(routes.decisionRoute, async (c) => {
    const { id } = c.req.valid('param');
    const found = await view.decision(id);
    if (found !== undefined && 'busy' in found) return c.json(problemOf('busy', found.busy), 503, PROBLEM_JSON);
    if (found !== undefined) return c.json(found, 200);
    const detail = `Nothing is on record under ${JSON.stringify(id)}. A decision of the last second may be on its way; one that capture.sample left out, that was dropped (headgate_capture_dropped_total), or that is older than captures.retain.records, is not recorded.`;
    return c.json(problemOf('not_found', detail), 404, PROBLEM_JSON);
  });
}

function addOutcomes(app: OpenAPIHono, view: AdminView): void {
  app.openapi(routes.outcomesRoute, async (c) => {
    const taken = await view.addOutcomes(c.req.valid('json').outcomes);
    if (taken.ok) return c.json(taken, 200);
    if (taken.why === 'full') return c.json(problemOf('outcomes_full', taken.problems.join('; ')), 507, PROBLEM_JSON);
    if (taken.why === 'busy') return c.json(problemOf('busy', taken.problems.join('; ')), 503, PROBLEM_JSON);
    const detail = 'Nothing of the request was taken. Correct it, and send it again as a whole.';
    return c.json(problemOf('outcomes_invalid', detail, taken.problems), 422, PROBLEM_JSON);
  });
}

function addConfig(app: OpenAPIHono, view: AdminView): void {
  app.openapi(routes.sinksRoute, (c) => c.json({ sinks: view.sinks() }, 200));
  app.openapi(routes.configRoute, (c) => c.json(view.config(), 200));
  app.openapi(routes.reloadRoute, async (c) => {
    const outcome = await view.reload();
    if (outcome.ok) return c.json(outcome, 200);
    const detail = 'The last good configuration stays in force. Correct the problems and reload again.';
    return c.json(problemOf('reload_failed', detail, outcome.problems), 422, PROBLEM_JSON);
  });
}

function noModel(view: AdminView, asked: string) {
  const names = view.models().map(({ name }) => name);
  const there = names.length === 0 ? 'There are none.' : `There are ${someOf(names)}.`;
  return problemOf('not_found', `No model is called ${JSON.stringify(asked)}. ${there}`);
}

/** NAME:VALUE pairs; of two with one name the last counts. */
function record(given: string | readonly string[] | undefined, key: (name: string) => string): Record<string, string> {
  const pairs = given === undefined ? [] : typeof given === 'string' ? [given] : given;
  return Object.fromEntries(
    pairs.map((pair) => {
      const colon = pair.indexOf(':');
      return [key(pair.slice(0, colon)), pair.slice(colon + 1)];
    }),
  );
}
