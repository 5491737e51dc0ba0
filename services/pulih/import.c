// pulih import participants: a prison's register, checked for its shape here and row by row by enrollment.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_reader.h"
#include "families.h"
#include "hub.h"
#include "lookup.h"
#include "outcome.h"
#include "register.h"

enum { PRISON, PREVIEW, ERRORS };
const struct option import_options[] = {
    [PRISON] = {"--prison", "CODE|ID", "whose register it is"},
    [PREVIEW] = {"--preview", NULL, "only say what would happen"},
    [ERRORS] = {"--max-errors", "N", "stop after so many wrong rows (default 100)"},
    {0},
};

enum {
  BATCH_ROWS = 500,
  BATCH_MAX_BYTES = 1 << 20,
  FILE_MAX_BYTES = 64 << 20,  // 300,000 people; no prison has a tenth of that
  READ_BYTES = 256 * 1024,
  ERRORS_DEFAULT = 100,
};

typedef Pulih__Enrollment__V1__ImportResult import_result;

struct import {
  struct invocation *invocation;
  const char *prison_id;
  bool preview, progress;
  size_t errors_max;
  struct csv_reader reader;
  struct register_map map;
  bool has_map;
  struct arena arena;  // of the batch at hand
  Pulih__Enrollment__V1__ImportRow *rows[BATCH_ROWS];
  size_t row_count;
  size_t outcomes[5];  // by ImportOutcome
  enum outcome outcome;
};

static const struct {
  const char *reason, *text;
} problem_texts[] = {
    {"REQUIRED", "is empty"},
    {"TOO_LONG", "is too long"},
    {"NOT_A_DATE", "is no date; write 2026-03-02 or 02/03/2026"},
    {"NOT_A_SEX", "is neither L nor P"},
    {"NOT_A_REGISTER_NUMBER", "is no register number; letters, digits, spaces and . / - only, at most 40"},
    {"CONTROL_CHARACTER", "has a line break or another control character in it"},
    {"OUT_OF_ORDER", "doesn't fit the other dates: birth, sentence start, two thirds, release come in this order"},
    {"TWICE", "stands in another row too"},
    {"TOO_MANY", "has too many parts; at most 20"},
    {"RELEASED", "is of somebody who has been released"},
};

static void report_result(struct import *import, const import_result *result) {
  for (size_t i = 0; i < result->n_problems; i++) {
    const Pulih__Enrollment__V1__ImportProblem *problem = result->problems[i];
    const char *text = problem->reason;
    for (size_t j = 0; j < sizeof problem_texts / sizeof problem_texts[0]; j++)
      if (!strcmp(problem_texts[j].reason, problem->reason)) text = problem_texts[j].text;
    const char *header = register_header(&import->map, problem->column);
    if (*problem->value)
      fprintf(stderr, "line %d, %s: \"%.80s\" %s\n", result->line, header, problem->value, text);
    else
      fprintf(stderr, "line %d, %s: %s\n", result->line, header, text);
  }
  for (size_t i = 0; i < result->n_possible_duplicates; i++)
    fprintf(stderr, "line %d: perhaps the same person as %s; look at both\n", result->line,
            result->possible_duplicates[i]);
}

static size_t refused(const struct import *import) {
  return import->outcomes[PULIH__ENROLLMENT__V1__IMPORT_OUTCOME__IMPORT_OUTCOME_REFUSED];
}

static size_t seen(const struct import *import) {
  size_t count = 0;
  for (size_t i = 0; i < sizeof import->outcomes / sizeof import->outcomes[0]; i++) count += import->outcomes[i];
  return count;
}

static void send_batch(struct import *import) {
  if (!import->row_count || import->outcome) return;
  Pulih__Enrollment__V1__ImportParticipantsRequest request = PULIH__ENROLLMENT__V1__IMPORT_PARTICIPANTS_REQUEST__INIT;
  request.prison_id = (char *)import->prison_id;
  request.preview = import->preview;
  request.rows = import->rows;
  request.n_rows = import->row_count;
  const ProtobufCMessage *message = NULL;
  const Pulih__Rpc__V1__Status *status = NULL;
  import->outcome =
      hub_try(import->invocation, &import->arena, "pulih.enrollment.v1.ParticipantService/ImportParticipants",
              &request.base, &message, &status);
  if (status) import->outcome = outcome_report(status, import->invocation->json);
  if (!import->outcome) {
    const Pulih__Enrollment__V1__ImportParticipantsResponse *response = (const void *)message;
    if (import->progress) fputs("\r\033[K", stderr);
    for (size_t i = 0; i < response->n_results; i++) {
      const import_result *result = response->results[i];
      if ((size_t)result->outcome < sizeof import->outcomes / sizeof import->outcomes[0])
        import->outcomes[result->outcome]++;
      if (refused(import) <= import->errors_max) report_result(import, result);
    }
    if (import->progress) fprintf(stderr, "%zu rows…", seen(import));
  }
  arena_reset(&import->arena);
  import->row_count = 0;
}

static void stop(struct import *import, enum outcome outcome) {
  if (!import->outcome) import->outcome = outcome;
}

static void take_row(void *owner, const struct csv_row *row) {
  struct import *import = owner;
  if (import->outcome) return;
  if (!import->has_map) {
    import->has_map = !register_map_init(&import->map, row, stderr);
    if (!import->has_map)
      stop(import, outcome_say(import->invocation, OUTCOME_USAGE, "line %zu is not the head of a register", row->line));
    return;
  }
  if (row->count > import->map.count) {
    fprintf(stderr, "line %zu: %zu cells, but the head has %zu; is there a \"%c\" that should stand in quotes?\n",
            row->line, row->count, import->map.count, import->reader.delimiter);
    import->outcomes[PULIH__ENROLLMENT__V1__IMPORT_OUTCOME__IMPORT_OUTCOME_REFUSED]++;
  } else {
    import->rows[import->row_count] = register_row(&import->map, row, &import->arena);
    if (!import->rows[import->row_count]) {
      stop(import, OUTCOME_FAILED);
      return;
    }
    import->row_count++;
  }
  if (import->row_count == BATCH_ROWS || import->arena.used_bytes > BATCH_MAX_BYTES) send_batch(import);
  if (refused(import) >= import->errors_max)
    stop(import, outcome_say(import->invocation, OUTCOME_USAGE, "%zu wrong rows and more; mend them first",
                             import->errors_max));
}

static enum outcome too_large(const struct import *import) {
  return outcome_say(import->invocation, OUTCOME_USAGE, "the file has more than %d MB: no prison's register is so long",
                     FILE_MAX_BYTES >> 20);
}

static void read_file(struct import *import, FILE *file) {
  char *data = arena_alloc(&import->invocation->arena, READ_BYTES);
  size_t size = data ? fread(data, 1, READ_BYTES, file) : 0;
  if (!data || csv_reader_init(&import->reader, data, size, take_row, import)) {
    import->outcome = OUTCOME_FAILED;
    return;
  }
  int error = 0;
  while (size && !error && !import->outcome) {
    error = csv_reader_feed(&import->reader, data, size);
    if (import->reader.bytes > FILE_MAX_BYTES) stop(import, too_large(import));
    size = fread(data, 1, READ_BYTES, file);
  }
  if (!error && !import->outcome) error = csv_reader_end(&import->reader);
  // The rows before a place that can't be read are imported, as those before and behind a wrong row are.
  if (!import->outcome) send_batch(import);
  if (error) stop(import, outcome_say(import->invocation, OUTCOME_USAGE, "%s", import->reader.problem));
  if (!import->outcome && ferror(file))
    stop(import, outcome_say(import->invocation, OUTCOME_FAILED, "the file can't be read"));
  if (!import->outcome && !import->has_map)
    stop(import, outcome_say(import->invocation, OUTCOME_USAGE, "the file is empty"));
  csv_reader_finish(&import->reader);
}

static void summarize(const struct import *import) {
  const size_t *n = import->outcomes;
  if (import->progress) fputs("\r\033[K", stderr);
  if (import->invocation->json) {
    printf("{\"preview\":%s,\"created\":%zu,\"updated\":%zu,\"unchanged\":%zu,\"refused\":%zu}\n",
           import->preview ? "true" : "false", n[1], n[2], n[3], n[4]);
  } else {
    printf("%s: %zu new, %zu changed, %zu unchanged, %zu refused\n", import->preview ? "would be" : "imported", n[1],
           n[2], n[3], n[4]);
  }
}

static FILE *open_file(struct import *import, const char *path) {
  FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
  struct stat about;
  if (!file) {
    stop(import, outcome_say(import->invocation, OUTCOME_NOT_FOUND, "can't open %s: %s", path, strerror(errno)));
    return NULL;
  }
  if (!fstat(fileno(file), &about) && about.st_size > FILE_MAX_BYTES) stop(import, too_large(import));
  return file;
}

enum outcome import_participants_run(struct invocation *invocation) {
  const char *errors = invocation->options[ERRORS];
  if (!invocation->options[PRISON]) return outcome_say(invocation, OUTCOME_USAGE, "say whose: --prison CODE");
  struct import *import = arena_alloc(&invocation->arena, sizeof *import);
  if (!import) return OUTCOME_FAILED;
  import->invocation = invocation;
  import->preview = invocation->options[PREVIEW];
  import->progress = isatty(STDERR_FILENO);
  import->errors_max = errors ? strtoul(errors, NULL, 10) : ERRORS_DEFAULT;
  if (!import->errors_max) return outcome_say(invocation, OUTCOME_USAGE, "--max-errors %s: expected a number", errors);
  arena_init(&import->arena, MEMORY_MAX_BYTES);
  FILE *file = open_file(import, invocation->words[0]);
  if (!import->outcome) import->outcome = lookup_prison(invocation, invocation->options[PRISON], &import->prison_id);
  if (!import->outcome) read_file(import, file);
  if (import->has_map) summarize(import);
  if (file && file != stdin) fclose(file);
  arena_finish(&import->arena);
  if (import->outcome) return import->outcome;
  return refused(import) ? OUTCOME_FAILED : OUTCOME_OK;
}
