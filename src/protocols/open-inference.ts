// Open Inference Protocol V2 (KServe, Triton, MLServer, OpenVINO): paths, and tensors in JSON or in the binary extension,
// which tritonclient uses by default. Health, readiness, metadata and repository calls are no decisions.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md

import { valuesOfBytes } from './binary-tensor.ts';
import { decodeBody } from './decode-body.ts';
import { readJsonText, utf8Text } from './json-body.ts';
import { hasPointers, pointedTable } from './pointed-columns.ts';
import type { Column, Payload, Protocol, Reading, Table } from './protocol.ts';
import { checkName, checkSize, isObject, tableOfColumns } from './row-table.ts';
import { columnsOfTensor, shapeOf, valuesOfData } from './tensor-columns.ts';
import { reading, Unreadable } from './unreadable.ts';

const HEADER_LENGTH = 'inference-header-content-length';

export const openInference = {
  name: 'open-inference',
  defaultPaths: (model) => [`/v2/models/${encodeURIComponent(model)}`],
  isDecision: (method, path) => method === 'POST' && /\/(?:infer|infer_stream|generate|generate_stream)$/.test(path),
  readRequest: (payload, options) =>
    readTensors(payload, (body, binary) =>
      hasPointers(options) ? pointedTable(body, null, options) : tensorTable(body, 'inputs', binary),
    ),
  readResponse: (payload) => readTensors(payload, (body, binary) => tensorTable(body, 'outputs', binary)),
  looksAt: { request: new Set(['inputs']), response: new Set(['outputs']) },
} satisfies Protocol;

function readTensors(payload: Payload, read: (body: unknown, binary: Uint8Array | null) => Table): Reading {
  return reading(() => {
    const bytes = decodeBody(payload);
    const header = payload.headers[HEADER_LENGTH];
    if (header === undefined) return readJsonText(utf8Text(bytes), (body) => read(body, null));
    const length = /^\d{1,10}$/.test(header) ? Number(header) : Number.POSITIVE_INFINITY;
    if (length > bytes.length) throw new Unreadable(`${HEADER_LENGTH} is no length of this body`);
    if (length === 0) throw new Unreadable('a raw tensor without its description');
    const binary = bytes.subarray(length);
    return readJsonText(utf8Text(bytes.subarray(0, length)), (body) => read(body, binary));
  });
}

function tensorTable(body: unknown, member: 'inputs' | 'outputs', binary: Uint8Array | null): Table {
  if (!isObject(body)) throw new Unreadable('the body is not an object');
  const tensors = body[member];
  if (!Array.isArray(tensors)) throw new Unreadable(`the body has no ${member}`);
  const columns: Column[] = [];
  let at = 0;
  for (const tensor of tensors) {
    const size = isObject(tensor) ? binarySize(tensor) : undefined;
    const end = at + (size ?? 0);
    if (end > (binary?.length ?? 0)) throw new Unreadable('a binary tensor is longer than the body');
    const piece = size === undefined ? null : (binary?.subarray(at, end) ?? new Uint8Array(0));
    for (const column of readTensor(tensor, piece)) columns.push(column);
    checkSize(columns[0]?.values.length ?? 0, columns.length);
    at = end;
  }
  if (binary !== null && at !== binary.length) throw new Unreadable('bytes are left after the last tensor');
  return tableOfColumns(columns);
}

function binarySize(tensor: Readonly<Record<string, unknown>>): number | undefined {
  const { parameters } = tensor;
  if (!isObject(parameters)) return undefined;
  if (parameters.shared_memory_region !== undefined) throw new Unreadable('a tensor lies in shared memory');
  const size = parameters.binary_data_size;
  if (size === undefined) return undefined;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw new Unreadable('binary_data_size is no length');
}

function readTensor(tensor: unknown, bytes: Uint8Array | null): readonly Column[] {
  if (!isObject(tensor)) throw new Unreadable('a tensor is not an object');
  const { name, datatype, shape, data } = tensor;
  if (typeof name !== 'string' || typeof datatype !== 'string')
    throw new Unreadable('a tensor has no name or datatype');
  checkName(name);
  const values = bytes === null ? valuesOfData(datatype, data) : valuesOfBytes(datatype, bytes);
  return columnsOfTensor(name, shapeOf(shape), values);
}
