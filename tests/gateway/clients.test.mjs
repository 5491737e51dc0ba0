// Clients of the Connect protocol as they come from npm, with nothing of ours but the contracts. Started by
// test_gateway_clients.py, which has a stack.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { createFileRegistry, fromBinary, toJson } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { compressionGzip, createConnectTransport as nodeTransport } from '@connectrpc/connect-node'
import { createConnectTransport as webTransport } from '@connectrpc/connect-web'

const { PULIH_TEST_URL: baseUrl, PULIH_TEST_TOKEN: token, PULIH_TEST_CONTRACTS: contracts, PULIH_TEST_PRISON: prison } = process.env
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(contracts)))
const service = (name) => registry.getService(`pulih.${name}`)
const status = registry.getMessage('pulih.rpc.v1.Status')
const signedIn = (next) => (request) => {
  request.header.set('Authorization', `Bearer ${token}`)
  return next(request)
}

const options = { baseUrl, interceptors: [signedIn] }
const node = { ...options, httpVersion: '1.1' }
const transports = {
  'connect-web, JSON': webTransport(options),
  'connect-web, binary': webTransport({ ...options, useBinaryFormat: true }),
  'connect-web, GET': webTransport({ ...options, useHttpGet: true }),
  'connect-web, GET, binary': webTransport({ ...options, useHttpGet: true, useBinaryFormat: true }),
  'connect-node, JSON': nodeTransport({ ...node, useBinaryFormat: false }),
  'connect-node, binary, gzip both ways': nodeTransport({
    ...node, useBinaryFormat: true, sendCompression: compressionGzip, acceptCompression: [compressionGzip], compressMinBytes: 1,
  }),
  'connect-node, GET, gzip': nodeTransport({
    ...node, useHttpGet: true, sendCompression: compressionGzip, acceptCompression: [compressionGzip], compressMinBytes: 1,
  }),
}

async function failure(promise) {
  try {
    await promise
  } catch (error) {
    assert.ok(error instanceof ConnectError, String(error))
    return error
  }
  assert.fail('it succeeded')
}

for (const [name, transport] of Object.entries(transports)) {
  test(`${name}: answers, errors with their details, deadlines`, async () => {
    const programmes = createClient(service('enrollment.v1.ProgrammeService'), transport)
    const participants = createClient(service('enrollment.v1.ParticipantService'), transport)
    assert.equal((await programmes.getPrison({ id: prison })).code, 'LP-BWI')
    assert.equal((await programmes.listPrisons({})).prisons.length, 2)
    assert.ok((await participants.listConsentTexts({})).texts.length > 3)

    const unknown = await failure(programmes.getPrison({ id: '0195d3b0-0000-7000-8000-000000000000' }))
    assert.equal(unknown.code, Code.NotFound)
    assert.equal(unknown.findDetails(status)[0].reason, 'NOT_FOUND')

    const wrong = await failure(createClient(service('enrollment.v1.EnrollmentService'), transport).createReferral({ id: 'x' }))
    assert.equal(wrong.code, Code.InvalidArgument)
    const detail = wrong.findDetails(status)[0]
    assert.equal(detail.reason, 'FIELD_INVALID')
    assert.equal(toJson(status, detail).violations[0].field, 'id')

    const refused = await failure(createClient(service('identity.v1.IdentityService'), transport).listKeys({}))
    assert.equal(refused.code, Code.PermissionDenied)

    // Some of so many must be late, however fast the machine.
    const calls = Array.from({ length: 256 }, () => programmes.listPrisons({}, { timeoutMs: 1 }))
    const late = (await Promise.allSettled(calls)).filter(call => call.status === 'rejected')
    assert.ok(late.length > 0)
    for (const { reason } of late) assert.equal(reason.code, Code.DeadlineExceeded)
  })
}

test('64 calls at once over connect-node', async () => {
  const programmes = createClient(service('enrollment.v1.ProgrammeService'), transports['connect-node, JSON'])
  const answers = await Promise.all(Array.from({ length: 64 }, () => programmes.getPrison({ id: prison })))
  assert.ok(answers.every((answer) => answer.code === 'LP-BWI'))
})
