// Calls that a model server refuses or nearly: what it says then must come through unchanged as well.

import { mlflowBody, openInferenceBody } from './bodies.ts';
import type { CardHolder } from './card-holders.ts';
import type { ModelName } from './lanes.ts';

export interface OddCall {
  readonly name: string;
  readonly model: ModelName;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** What the model server answers. */
  readonly status: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };

export function oddCalls(holder: CardHolder): readonly OddCall[] {
  const v2 = openInferenceBody(holder);
  const mlflow = mlflowBody(holder);
  return [
    // MLServer's REST side has no binary extension.
    {
      name: 'a binary tensor that the server cannot read',
      model: 'credit-default',
      headers: { 'inference-header-content-length': '12' },
      body: Buffer.from([123, 34, 105, 110, 112, 117, 116, 115, 34, 58, 91, 93, 125, 0, 255, 254]),
      status: 422,
    },
    { name: 'JSON cut off', model: 'credit-default', headers: JSON_TYPE, body: v2.slice(0, 200), status: 422 },
    {
      name: 'bytes that are no UTF-8',
      model: 'credit-default',
      headers: JSON_TYPE,
      body: Buffer.from([0xff, 0xfe, 0x7b]),
      status: 422,
    },
    {
      name: 'an output that does not exist',
      model: 'credit-default',
      headers: JSON_TYPE,
      body: v2.replace('"inputs"', '"outputs":[{"name":"no"}],"inputs"'),
      status: 400,
    },
    {
      name: 'a content type of its own',
      model: 'credit-default-mlflow',
      headers: { 'content-type': 'text/plain' },
      body: mlflow,
      status: 400,
    },
    {
      name: 'a bare NaN in JSON',
      model: 'credit-default-mlflow',
      headers: JSON_TYPE,
      body: mlflow.replace(/"data":\[\[[^,]+/, '"data":[[NaN'),
      status: 400,
    },
    {
      name: 'comma-separated values',
      model: 'credit-default-mlflow',
      headers: { 'content-type': 'text/csv' },
      body: csvOf(holder),
      status: 200,
    },
    { name: 'no body at all', model: 'credit-default-v1', headers: {}, body: '', status: 400 },
  ];
}

function csvOf({ features }: CardHolder): string {
  return `${Object.keys(features).join(',')}\n${Object.values(features).join(',')}\n`;
}
