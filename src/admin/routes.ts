// The routes of the API: path, parameters and answers as OpenAPI has them. What each one does is api.ts.

import { createRoute, z } from '@hono/zod-openapi';
import { WINDOW_NAMES } from '../drift/counts/windows.ts';
import { ASKABLE, parseAsked } from '../drift/distances/conventions/conventions.ts';
import * as shapes from './openapi.ts';
import { qualitySchema } from './openapi-quality.ts';

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: shapes.problemSchema } },
});
/** What any route of the API may answer. */
const guarded = {
  400: problem('The request is not as described here.'),
  401: problem('The token is missing or wrong.'),
};
const model = z.object({ model: z.string().min(1).max(200).openapi({ description: 'Name of a model.' }) });
const noModel = problem('No model has this name; the models that there are.');

export const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process lives',
  security: [],
  responses: { 200: json(shapes.healthSchema, 'It does.') },
});

export const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Whether the gate takes decisions',
  security: [],
  responses: {
    200: json(shapes.readinessSchema, 'It does.'),
    503: json(shapes.readinessSchema, 'It is starting or draining.'),
  },
});

export const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  responses: {
    200: { description: 'Text exposition 0.0.4.', content: { 'text/plain': { schema: z.string() } } },
    ...guarded,
  },
});

export const modelsRoute = createRoute({
  method: 'get',
  path: '/api/v1/models',
  summary: 'All models with their traffic and drift',
  responses: { 200: json(shapes.modelsSchema, 'The models, in the order of the configuration.'), ...guarded },
});

export const modelRoute = createRoute({
  method: 'get',
  path: '/api/v1/models/{model}',
  summary: 'One model: versions, traffic, capture',
  request: { params: model },
  responses: { 200: json(shapes.modelSchema, 'The model.'), 404: noModel, ...guarded },
});

export const splitRoute = createRoute({
  method: 'get',
  path: '/api/v1/models/{model}/split',
  summary: 'Shares and slots of each version',
  request: { params: model },
  responses: { 200: json(shapes.splitSchema, 'The split.'), 404: noModel, ...guarded },
});

export const shadowsRoute = createRoute({
  method: 'get',
  path: '/api/v1/models/{model}/shadows',
  summary: 'How shadows answered, compared with the version that served',
  request: { params: model },
  responses: { 200: json(shapes.shadowsSchema, 'One entry per shadow.'), 404: noModel, ...guarded },
});

const distances = z
  .string()
  .max(200)
  .optional()
  .superRefine((text, context) => {
    const asked = text === undefined ? null : parseAsked(text);
    if (asked === null || !('unknown' in asked)) return;
    context.addIssue({ code: 'custom', message: `no distance is called "${asked.unknown}"; ${ASKABLE.join(', ')}` });
  })
  .openapi({
    description: `Distances to add to each column, with commas between: ${ASKABLE.join(', ')}.`,
    example: 'ks,jensenShannon,tfdv',
  });

const column = z.string().min(1).max(512);
const feature = z
  .union([column, z.array(column).max(100)])
  .optional()
  .openapi({ description: 'Only columns of this name; may be repeated.' });

const window = z.enum(WINDOW_NAMES).optional().openapi({
  description:
    'Show rows, bins, PSI and distances of this window instead of the ticks that were judged last: 5m, 1h and 1d cover what they say and at most half of it more, since-start everything since the first row of a version. Status and hint stay those of the last judgement.',
  example: '1h',
});

export const driftRoute = createRoute({
  method: 'get',
  path: '/api/v1/models/{model}/drift',
  summary: 'Drift of every feature and prediction against the baseline',
  request: { params: model, query: z.object({ distances, feature, window }) },
  responses: { 200: json(shapes.driftSchema, 'One entry per version, role and column.'), 404: noModel, ...guarded },
});

export const qualityRoute = createRoute({
  method: 'get',
  path: '/api/v1/models/{model}/quality',
  summary: 'How good predictions turned out as labels came, and how good they are to be expected without',
  request: { params: model },
  responses: {
    200: json(qualitySchema, 'As the record was last read; `at` says when.'),
    404: noModel,
    ...guarded,
  },
});

const pair = z
  .string()
  .regex(/^[^:]+:.*$/s, 'must be NAME:VALUE')
  .max(2000);
const pairs = z.union([pair, z.array(pair).max(50)]).optional();

export const explainRoute = createRoute({
  method: 'get',
  path: '/api/v1/explain',
  summary: 'Which version a unit is given, and why',
  request: {
    query: z.object({
      model: z.string().min(1).max(200),
      unit: z.string().max(4000).openapi({ description: 'Value of the sticky key.' }),
      header: pairs.openapi({ description: 'NAME:VALUE of a request header that rules look at; may be repeated.' }),
      query: pairs.openapi({ description: 'NAME:VALUE of a query parameter that rules look at; may be repeated.' }),
      path: z.string().max(4000).optional().openapi({ description: 'Path that rules look at.' }),
      body: z.string().max(8000).optional().openapi({ description: 'JSON body that rules look at.' }),
    }),
  },
  responses: {
    200: json(shapes.explainSchema, 'The assignment.'),
    404: noModel,
    422: problem(
      'The gate would not assign by this unit: the model has no sticky key, or the unit is empty or too long.',
    ),
    ...guarded,
  },
});

export const decisionRoute = createRoute({
  method: 'get',
  path: '/api/v1/decisions/{id}',
  summary: 'What is on record of one decision, shadows included',
  request: { params: z.object({ id: z.string().min(1).max(128) }) },
  responses: {
    200: json(shapes.decisionSchema, 'Its calls.'),
    404: problem('Nothing is on record under this id.'),
    503: problem('Too many questions for decisions wait already.'),
    ...guarded,
  },
});

export const outcomesRoute = createRoute({
  method: 'post',
  path: '/api/v1/outcomes',
  summary: 'Tell what turned out to be true: labels and rewards of decisions or units',
  request: {
    body: { required: true, content: { 'application/json': { schema: shapes.outcomesSchema } } },
  },
  responses: {
    200: json(shapes.outcomesTakenSchema, 'All of them are on disk.'),
    403: problem('The request comes from a page of another site.'),
    413: problem('The body is over the limit.'),
    415: problem('The body is not JSON.'),
    422: problem('One of them is not an outcome; none was taken.'),
    503: problem('Too many wait for the disk already; none was taken.'),
    507: problem('The log of outcomes is full; none was taken.'),
    ...guarded,
  },
});

export const capturesRoute = createRoute({
  method: 'get',
  path: '/api/v1/captures',
  summary: 'What became of every exchange: the accounts of capture, by model and process',
  responses: { 200: json(shapes.capturesSchema, 'The accounts of this moment.'), ...guarded },
});

export const sinksRoute = createRoute({
  method: 'get',
  path: '/api/v1/sinks',
  summary: 'Where records are sent on to, and how far each sink is',
  responses: { 200: json(shapes.sinksSchema, 'The sinks, in the order of the configuration.'), ...guarded },
});

export const configRoute = createRoute({
  method: 'get',
  path: '/api/v1/config',
  summary: 'The configuration in force and the last attempt to load one',
  responses: { 200: json(shapes.configSchema, 'Its state.'), ...guarded },
});

export const reloadRoute = createRoute({
  method: 'post',
  path: '/api/v1/reload',
  summary: 'Read the configuration again',
  responses: {
    200: json(shapes.reloadedSchema, 'The new configuration is in force.'),
    403: problem('The request comes from a page of another site.'),
    413: problem('The body is over the limit.'),
    415: problem('The body is not JSON.'),
    422: problem('The new configuration has problems; the last good one stays in force.'),
    ...guarded,
  },
});

export const liveRoute = createRoute({
  method: 'get',
  path: '/api/v1/live',
  summary: 'What the console shows, in one answer',
  request: { query: z.object({ model: z.string().max(200).optional() }) },
  responses: { 200: json(shapes.liveSchema, 'The state of this moment.'), ...guarded },
});

export const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'This document',
  responses: { 200: json(z.looseObject({ openapi: z.string() }), 'OpenAPI 3.1.'), ...guarded },
});
