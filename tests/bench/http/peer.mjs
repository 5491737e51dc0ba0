// The peer of bench_http.py: the same three methods over HTTP as one would write them in Node with Fastify and
// node-postgres, as fast as those allow: a pool, named prepared statements (the very ones of services/enrollment/sql),
// request and response schemas compiled, timestamps passed on as text, the caller's context set once a connection.
//
// node peer.mjs: PORT, DATABASE_URL, STATEMENTS (JSON: name → {text, parameters}), TOKEN, POOL, WORKERS.

import cluster from 'node:cluster';
import Fastify from 'fastify';
import pg from 'pg';

const workers = Number(process.env.WORKERS);

const text = { type: 'string' };
const number = { type: 'integer' };
const texts = { type: 'array', items: text };
const date = { type: 'object', properties: { year: number, month: number, day: number } };
const enrollment = {
  type: 'object',
  properties: {
    id: text, prisonId: text, participantId: text, programmeId: text, programmeEdition: number, agreementId: text,
    counsellorId: text, status: text, statusSince: text, reason: text, comment: text, screeningRoute: text,
    startedOn: date, referredAt: text, warnings: texts, version: number,
  },
};
const listed = {
  type: 'object',
  properties: { enrollment, registerNumber: text, participantName: text, block: text, twoThirdsOn: date },
};

const instant = (value) => (value === null ? undefined : value.replace(' ', 'T').replace('+00', 'Z'));
const day = (value) => {
  if (value === null) return undefined;
  const [year, month, dayOfMonth] = value.split('-');
  return { year: Number(year), month: Number(month), day: Number(dayOfMonth) };
};
const given = (value) => value ?? undefined;

function asEnrollment(row, prefix = '') {
  const column = (name) => row[prefix + name];
  return {
    id: column('id'), prisonId: column('prison_id'), participantId: column('participant_id'),
    programmeId: column('programme_id'), programmeEdition: column('programme_edition'),
    agreementId: given(column('agreement_id')), counsellorId: given(column('counsellor_id')),
    status: `ENROLLMENT_STATUS_${column('status')}`, statusSince: instant(column('status_since')),
    reason: given(column('reason')), comment: given(column('comment')),
    screeningRoute: given(column('screening_route')), startedOn: day(column('started_on')),
    referredAt: instant(column('referred_at')), warnings: column('warnings').map((name) => `ENROLLMENT_WARNING_${name}`),
    version: column('version'),
  };
}

const asListed = (row) => ({
  enrollment: asEnrollment(row, 'enrollment.'), registerNumber: row.register_number,
  participantName: row.participant_name, block: given(row.block), twoThirdsOn: day(row.two_thirds_on),
});

async function serve() {
  for (const type of [pg.types.builtins.TIMESTAMPTZ, pg.types.builtins.DATE]) pg.types.setTypeParser(type, (value) => value);
  const pool = new pg.Pool({
    connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL) / workers,
    options: '-c pulih.prison_id=* -c pulih.roles=SERVICE -c timezone=UTC',
  });
  const statements = JSON.parse(process.env.STATEMENTS);
  const run = async (name, parameters) => {
    const { text: sql, parameters: order } = statements[name];
    const result = await pool.query({ name, text: sql, values: order.map((key) => parameters[key] ?? null) });
    return result.rows;
  };
  const sessions = new Map([[process.env.TOKEN, 'somebody']]);
  const app = Fastify();
  app.addHook('onRequest', async (request, reply) => {
    if (!sessions.has(request.headers.cookie)) return reply.code(401).send({ code: 'unauthenticated' });
  });

  const service = '/pulih.enrollment.v1.EnrollmentService';
  app.post(`${service}/CreateReferral`, {
    schema: {
      body: {
        type: 'object', required: ['id', 'participantId', 'programmeId'],
        properties: { id: text, participantId: text, programmeId: text, comment: text },
      },
      response: { 200: enrollment },
    },
  }, async ({ body }) => asEnrollment((await run('create_referral', {
    // The statement takes a set; here each is a set of one.
    id: [body.id], participant_id: [body.participantId], programme_id: [body.programmeId], comment: [body.comment ?? null],
  }))[0]));
  app.post(`${service}/GetEnrollment`, {
    schema: { body: { type: 'object', required: ['id'], properties: { id: text } }, response: { 200: enrollment } },
  }, async ({ body }, reply) => {
    const [row] = await run('get_enrollment', body);
    return row ? asEnrollment(row) : reply.code(404).send({ code: 'not_found' });
  });
  app.post(`${service}/ListEnrollments`, {
    schema: {
      body: { type: 'object', properties: { prisonId: text, pageSize: number } },
      response: { 200: { type: 'object', properties: { rows: { type: 'array', items: listed }, nextPageToken: text } } },
    },
  }, async ({ body }) => {
    const size = body.pageSize || 50;
    const rows = await run('list_enrollments', { prison_id: body.prisonId, page_limit: size + 1 });
    const page = rows.slice(0, size);
    return {
      rows: page.map(asListed),
      nextPageToken: rows.length > size ? Buffer.from(page[size - 1].page_key).toString('base64url') : '',
    };
  });
  await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
}

if (workers > 1 && cluster.isPrimary) for (let i = 0; i < workers; i++) cluster.fork();
else await serve();
