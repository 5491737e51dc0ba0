// Against the PostgreSQL that PULIH_TEST_DATABASE names (tests/db/test_db.py starts one and passes it).
#include "unit.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/migrate.h"
#include "event.pb-c.h"
#include "loop/loop.h"
#include "message/message.h"

#define EVENT &pulih__event__v1__event__descriptor

// Fields of Event by number: position 1, type 2, prison_id 3, subject_id 4, version 5, actor_id 6, occurred_at 7.
#define PATH(text, index) \
  {                       \
    text, 1, {            \
      index               \
    }                     \
  }
static const struct db_parameter insert_parameters[] = {{DB_PARAMETER_FIELD, PATH("subject_id", 3)},
                                                        {DB_PARAMETER_FIELD, PATH("type", 1)},
                                                        {DB_PARAMETER_FIELD, PATH("version", 4)},
                                                        {DB_PARAMETER_FIELD, PATH("occurred_at", 6)}};
static const struct db_column insert_columns[] = {{DB_COLUMN_FIELD, PATH("subject_id", 3)},
                                                  {DB_COLUMN_FIELD, PATH("type", 1)},
                                                  {DB_COLUMN_FIELD, PATH("version", 4)},
                                                  {DB_COLUMN_FIELD, PATH("occurred_at", 6)},
                                                  {DB_COLUMN_FIELD, {"position.id", 2, {0, 1}}}};
static const struct db_statement insert = {
    .name = "insert",
    .file = "test",
    .text =
        "insert into thing (id, type, version, at) values ($1, $2, $3, $4) on conflict (id) do update set id = "
        "excluded.id returning id, type, version, at, 7::bigint",
    .in = EVENT,
    .out = EVENT,
    .row = EVENT,
    .shape = DB_SHAPE_ROW,
    .rows_field = -1,
    .writes = true,
    .parameters = insert_parameters,
    .parameter_count = 4,
    .columns = insert_columns,
    .column_count = 5,
};
// The same, many at once. Members of one transaction share its xmin, which shows what was a set.
static const struct db_column insert_set_columns[] = {
    {DB_COLUMN_MEMBER, PATH("member", 0)},     {DB_COLUMN_FIELD, PATH("subject_id", 3)},
    {DB_COLUMN_FIELD, PATH("type", 1)},        {DB_COLUMN_FIELD, PATH("version", 4)},
    {DB_COLUMN_FIELD, PATH("occurred_at", 6)}, {DB_COLUMN_FIELD, {"position.id", 2, {0, 1}}}};
static const struct db_statement insert_set = {
    .name = "insert_set",
    .file = "test",
    .text =
        "with asked as (select * from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[]) with ordinality as "
        "a(id, type, version, at, member)), made as (insert into thing (id, type, version, at) select distinct on (id) "
        "id, type, version, at from asked order by id, member on conflict (id) do update set id = excluded.id "
        "returning "
        "*) select member, id, made.type, made.version, made.at, 7::bigint from asked join made using (id) order by "
        "member",
    .in = EVENT,
    .out = EVENT,
    .row = EVENT,
    .shape = DB_SHAPE_ROW,
    .rows_field = -1,
    .writes = true,
    .set = true,
    .parameters = insert_parameters,
    .parameter_count = 4,
    .columns = insert_set_columns,
    .column_count = 6,
};
static const struct db_statement tell_commit = {
    .name = "tell_commit",
    .file = "test",
    .text = "select current_setting('synchronous_commit')",
    .out = EVENT,
    .row = EVENT,
    .shape = DB_SHAPE_ROW,
    .rows_field = -1,
    .writes = true,
    .columns = (const struct db_column[]){{DB_COLUMN_FIELD, PATH("type", 1)}},
    .column_count = 1,
};
static const struct db_column sleep_columns[] = {{DB_COLUMN_FIELD, PATH("type", 1)}};
static const struct db_statement slow_read = {
    .name = "slow_read",
    .file = "test",
    .text = "select current_setting('pulih.user_id') || pg_sleep(0.2)::text",
    .out = EVENT,
    .row = EVENT,
    .shape = DB_SHAPE_ROW,
    .rows_field = -1,
    .columns = sleep_columns,
    .column_count = 1,
};
static const struct db_column wrong_columns[] = {{DB_COLUMN_FIELD, PATH("version", 4)}};
static const struct db_statement wrong = {
    .name = "wrong",
    .file = "test",
    .text = "select 'text'::text",
    .out = EVENT,
    .row = EVENT,
    .shape = DB_SHAPE_ROW,
    .rows_field = -1,
    .columns = wrong_columns,
    .column_count = 1,
};
static const struct db_statement unlooked = {
    .name = "unlooked",
    .file = "test",
    .text = "select pg_advisory_xact_lock(1)",
    .shape = DB_SHAPE_NONE,
    .rows_field = -1,
    .writes = true,
};
static const struct db_statement *const statements[] = {&insert, &insert_set, &tell_commit, &slow_read, &unlooked};
enum { STATEMENTS = sizeof statements / sizeof statements[0] };

enum { MANY = 400 };

struct one {
  struct db_request request;
  struct arena arena;
  Pulih__Event__V1__Event in;
  Google__Protobuf__Timestamp at;
  char id[40];
  enum reason reason;
  int done;
  struct fixture *fixture;
};

struct fixture {
  struct loop loop;
  struct db *db;
  struct one *all;
  size_t count, done;
  void (*when_ready)(struct fixture *fixture);
  void (*when_one_is_done)(struct fixture *fixture, struct one *one, struct db_result *result);
  bool mismatch;
};

static const char *database(void) {
  const char *url = getenv("PULIH_TEST_DATABASE");
  if (!url) {
    print_message("PULIH_TEST_DATABASE isn't set; run by tests/db/test_db.py\n");
    exit(77);
  }
  return url;
}

static char *ask(const char *sql) {
  PGconn *connection = PQconnectdb(database());
  PGresult *result = PQexec(connection, sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
    fail_msg("%s: %s", sql, PQerrorMessage(connection));
  char *text = strdup(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
  PQclear(result);
  PQfinish(connection);
  return text;
}

static void ask_equals(const char *sql, const char *expected) {
  char *text = ask(sql);
  assert_string_equal(text, expected);
  free(text);
}

static void one_done(struct db_request *request, struct db_result *result, const struct status *status) {
  struct one *one = request->owner;
  struct fixture *fixture = one->fixture;
  one->done++;
  one->reason = status->reason;
  if (fixture->when_one_is_done) fixture->when_one_is_done(fixture, one, result);
  if (++fixture->done == fixture->count) loop_stop(&fixture->loop);
}

static void submit(struct fixture *fixture, size_t index, const struct db_statement *statement) {
  struct one *one = &fixture->all[index];
  arena_init(&one->arena, 100000);
  snprintf(one->id, sizeof one->id, "00000000-0000-7000-8000-%012x", (unsigned)index);
  pulih__event__v1__event__init(&one->in);
  google__protobuf__timestamp__init(&one->at);
  one->at.seconds = 1772474400;
  one->at.nanos = 500000000;
  one->in.subject_id = one->id;
  one->in.type = "t'\"\\ü";
  one->in.version = (int32_t)index;
  one->in.occurred_at = &one->at;
  one->fixture = fixture;
  one->request = (struct db_request){.statement = statement,
                                     .in = &one->in.base,
                                     .context = {"who", "", "*", ""},
                                     .arena = &one->arena,
                                     .done = one_done,
                                     .owner = one};
  db_submit(fixture->db, &one->request);
}

static void changed(void *data, bool ready, bool mismatch) {
  struct fixture *fixture = data;
  fixture->mismatch = fixture->mismatch || mismatch;
  if (mismatch) loop_stop(&fixture->loop);
  void (*when_ready)(struct fixture *) = fixture->when_ready;
  fixture->when_ready = NULL;
  if (ready && when_ready)
    when_ready(fixture);
  else
    fixture->when_ready = when_ready;
}

static void run(struct fixture *fixture, const struct db_statement *const *known, size_t known_count, int queue_limit) {
  free(
      ask("drop table if exists thing; create table thing (id uuid primary key, type text, version integer constraint "
          "small check (version < 390), at timestamptz)"));
  const struct db_settings settings = {.url = database(),
                                       .connections = 3,
                                       .queue_limit = queue_limit,
                                       .statement_timeout_ms = 5000,
                                       .connect_timeout_ms = 5000,
                                       .application_name = "test_db"};
  fixture->all = calloc(MANY, sizeof *fixture->all);
  assert_int_equal(loop_init(&fixture->loop, NULL), 0);
  fixture->db = db_create(&fixture->loop, &settings, known, known_count);
  assert_non_null(fixture->db);
  db_watch(fixture->db, changed, fixture);
  assert_int_equal(loop_run(&fixture->loop), 0);
  db_destroy(fixture->db);
  assert_int_equal(loop_finish(&fixture->loop), 0);
  for (size_t i = 0; i < fixture->count; i++) {
    assert_int_equal(fixture->all[i].done, 1);
    arena_finish(&fixture->all[i].arena);
  }
}

static void submit_many(struct fixture *fixture) {
  fixture->count = MANY;
  for (size_t i = 0; i < MANY; i++) submit(fixture, i, &insert);
}

static void check_row(struct fixture *fixture, struct one *one, struct db_result *result) {
  if (!result) return;
  const void *data;
  size_t size;
  struct status status = {0};
  assert_int_equal(db_result_pack(result, &one->arena, &data, &size, &status), 0);
  Pulih__Event__V1__Event *event = pulih__event__v1__event__unpack(NULL, size, data);
  assert_non_null(event);
  assert_string_equal(event->subject_id, one->id);
  assert_string_equal(event->type, "t'\"\\ü");
  assert_int_equal(event->version, one->in.version);
  assert_int_equal(event->occurred_at->seconds, 1772474400);
  assert_int_equal(event->occurred_at->nanos, 500000000);
  assert_int_equal(event->position->id, 7);
  pulih__event__v1__event__free_unpacked(event, NULL);
}

static void one_failure_touches_nobody_else(void **state) {
  struct fixture fixture = {.when_ready = submit_many, .when_one_is_done = check_row};
  run(&fixture, statements, STATEMENTS, 1000);
  for (size_t i = 0; i < MANY; i++)
    assert_int_equal(fixture.all[i].reason, i < 390 ? REASON_OK : REASON_VALUE_OUT_OF_RANGE);
  ask_equals("select count(*) from thing", "390");
  free(fixture.all);
}

static void submit_set(struct fixture *fixture) {
  fixture->count = MANY;
  for (size_t i = 0; i < MANY; i++) submit(fixture, i, &insert_set);
  strcpy(fixture->all[5].id, "not a uuid");
  strcpy(fixture->all[8].id, fixture->all[7].id);
}

static void check_set_row(struct fixture *fixture, struct one *one, struct db_result *result) {
  if (one == &fixture->all[8]) one->in.version = 7;  // it gets what the one with the same id has made
  check_row(fixture, one, result);
}

static void members_of_a_set_share_a_transaction_and_no_failure(void **state) {
  struct fixture fixture = {.when_ready = submit_set, .when_one_is_done = check_set_row};
  run(&fixture, statements, STATEMENTS, 1000);
  for (size_t i = 0; i < MANY; i++)
    assert_int_equal(fixture.all[i].reason, i == 5    ? REASON_FIELD_INVALID
                                            : i < 390 ? REASON_OK
                                                      : REASON_VALUE_OUT_OF_RANGE);
  ask_equals("select count(*) from thing", "388");
  ask_equals("select count(distinct xmin::text) < 100 from thing", "t");
  free(fixture.all);
}

static void submit_writes(struct fixture *fixture) {
  for (size_t i = 0; i < fixture->count; i++) submit(fixture, i, &tell_commit);
}

static void only_the_last_flushes(struct fixture *fixture, struct one *one, struct db_result *result) {
  Pulih__Event__V1__Event *event = (Pulih__Event__V1__Event *)db_result_row(result, 0, &one->arena);
  assert_non_null(event);
  assert_string_equal(event->type, one == &fixture->all[fixture->count - 1] ? "on" : "off");
}

static void the_last_write_of_a_turn_carries_the_flush(void **state) {
  for (size_t count = 1; count <= 3; count += 2) {
    struct fixture fixture = {.when_ready = submit_writes, .when_one_is_done = only_the_last_flushes, .count = count};
    run(&fixture, statements, STATEMENTS, 1000);
    for (size_t i = 0; i < count; i++) assert_int_equal(fixture.all[i].reason, REASON_OK);
    free(fixture.all);
  }
}

static void more_than_the_queue_holds_is_told_so(void **state) {
  struct fixture fixture = {.when_ready = submit_many};
  run(&fixture, statements, STATEMENTS, 100);
  size_t busy = 0;
  for (size_t i = 0; i < MANY; i++) busy += fixture.all[i].reason == REASON_TOO_BUSY;
  assert_int_equal(busy, MANY - 100);
  free(fixture.all);
}

static void submit_malformed(struct fixture *fixture) {
  fixture->count = 1;
  submit(fixture, 0, &insert);
  strcpy(fixture->all[0].id, "not a uuid");
}

static void check_violation(struct fixture *fixture, struct one *one, struct db_result *result) {
  assert_null(result);
  assert_string_equal(one->request.status.violations->name, "subject_id");
}

static void a_malformed_uuid_is_refused_with_its_field(void **state) {
  struct fixture fixture = {.when_ready = submit_malformed, .when_one_is_done = check_violation};
  run(&fixture, statements, STATEMENTS, 100);
  assert_int_equal(fixture.all[0].reason, REASON_FIELD_INVALID);
  free(fixture.all);
}

// After a third has been acknowledged every backend is killed.
static void kill_backends_once(struct fixture *fixture, struct one *one, struct db_result *result) {
  if (fixture->done != MANY / 3) return;
  free(ask("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test_db'"));
}

static void submit_set_and_many(struct fixture *fixture) {
  fixture->count = MANY;
  for (size_t i = 0; i < MANY; i++) submit(fixture, i, i % 2 ? &insert : &insert_set);
}

static void what_was_acknowledged_survives_lost_connections(void **state) {
  struct fixture fixture = {.when_ready = submit_set_and_many, .when_one_is_done = kill_backends_once};
  run(&fixture, statements, STATEMENTS, 1000);
  size_t acknowledged = 0;
  for (size_t i = 0; i < MANY; i++) {
    enum reason reason = fixture.all[i].reason;
    assert_true(reason == REASON_OK || reason == REASON_OUTCOME_UNKNOWN || reason == REASON_VALUE_OUT_OF_RANGE ||
                reason == REASON_DATABASE_UNAVAILABLE);
    if (reason != REASON_OK) continue;
    acknowledged++;
    char sql[128];
    snprintf(sql, sizeof sql, "select count(*) from thing where id = '%s'", fixture.all[i].id);
    if (i % 20 == 0) ask_equals(sql, "1");
  }
  char *stored = ask("select count(*) from thing");
  assert_true((size_t)atoi(stored) >= acknowledged);
  free(stored);
  free(fixture.all);
}

static void submit_reads(struct fixture *fixture) {
  fixture->count = 6;
  for (size_t i = 0; i < 6; i++) submit(fixture, i, &slow_read);
  free(ask("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test_db'"));
}

static void a_read_is_repeated_by_itself(void **state) {
  struct fixture fixture = {.when_ready = submit_reads};
  run(&fixture, statements, STATEMENTS, 100);
  for (size_t i = 0; i < 6; i++) assert_int_equal(fixture.all[i].reason, REASON_OK);
  free(fixture.all);
}

static void submit_unlooked(struct fixture *fixture) {
  fixture->count = 1;
  submit(fixture, 0, &unlooked);
}

static void a_statement_may_give_what_nobody_looks_at(void **state) {
  struct fixture fixture = {.when_ready = submit_unlooked};
  run(&fixture, statements, STATEMENTS, 100);
  assert_int_equal(fixture.all[0].reason, REASON_OK);
  free(fixture.all);
}

static void a_statement_that_disagrees_is_never_served(void **state) {
  static const struct db_statement *const with_wrong[] = {&insert, &wrong};
  struct fixture fixture = {.when_ready = submit_many};
  run(&fixture, with_wrong, 2, 100);
  assert_true(fixture.mismatch);
  assert_int_equal(fixture.count, 0);
  free(fixture.all);
}

static void a_migration_may_stand_outside_a_transaction_and_be_run_again(void **state) {
  static const struct migration broken[] = {
      {9001, "test/9001_index.sql", "9001_index",
       MIGRATION_OUTSIDE "drop index concurrently if exists thing_version;\n"
                         "create index concurrently thing_version on thing (version);\nselect 1 / 0;\n"}};
  struct migration mended[] = {broken[0]};
  mended[0].text = MIGRATION_OUTSIDE
      "drop index concurrently if exists thing_version;\ncreate index concurrently thing_version on thing (version);\n";
  char *messages = NULL;
  size_t size;
  FILE *out = open_memstream(&messages, &size);
  struct migrate_settings settings = {.url = getenv("PULIH_TEST_DATABASE"), .messages = out};
  assert_int_equal(migrate(&(struct migration_set){.migrations = broken, .count = 1}, &settings), -EIO);
  assert_int_equal(migrate(&(struct migration_set){.migrations = mended, .count = 1}, &settings), 0);
  fclose(out);
  assert_non_null(strstr(messages, "division by zero"));
  free(messages);
  PGconn *connection = PQconnectdb(settings.url);
  PGresult *result = PQexec(connection,
                            "select indisvalid, (select name from migration.applied where number = 9001) from pg_index "
                            "where indexrelid = 'thing_version'::regclass");
  assert_string_equal(PQgetvalue(result, 0, 0), "t");
  assert_string_equal(PQgetvalue(result, 0, 1), "9001_index");
  PQclear(result);
  PQfinish(connection);
}

RUN_TESTS(TEST(one_failure_touches_nobody_else), TEST(members_of_a_set_share_a_transaction_and_no_failure),
          TEST(the_last_write_of_a_turn_carries_the_flush), TEST(more_than_the_queue_holds_is_told_so),
          TEST(a_malformed_uuid_is_refused_with_its_field), TEST(what_was_acknowledged_survives_lost_connections),
          TEST(a_read_is_repeated_by_itself), TEST(a_statement_may_give_what_nobody_looks_at),
          TEST(a_statement_that_disagrees_is_never_served),
          TEST(a_migration_may_stand_outside_a_transaction_and_be_run_again))
