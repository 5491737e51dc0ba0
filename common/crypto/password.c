#include "crypto/password.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { PASSES = 3, MEMORY_BYTES = 64 << 20 };

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_argon2id_STRBYTES, "a hash fits");

void password_line_init(struct password_line *line, uv_loop_t *loop, unsigned waiting_limit) {
  *line = (struct password_line){
      .loop = loop,
      .waiting_limit = waiting_limit,
      .waiting_gauge = {.name = "pulih_passwords_waiting", .help = "In line to be hashed.", .kind = METRIC_GAUGE},
      .refused_total = {.name = "pulih_passwords_refused_total", .help = "Told to come back.", .kind = METRIC_COUNTER}};
  line->last = &line->first;
}

void password_line_add_metrics(struct password_line *line, struct metrics *metrics) {
  metrics_add(metrics, &line->waiting_gauge);
  metrics_add(metrics, &line->refused_total);
}

// These three run in libuv's pool, and touch nothing but the job.
static void make_hash(struct password_job *job) {
  int failed = crypto_pwhash_argon2id_str(job->hash, job->password, strlen(job->password), PASSES, MEMORY_BYTES);
  job->result = failed ? -ENOMEM : 0;
}

static void check_hash(struct password_job *job) {
  errno = 0;
  int differs = crypto_pwhash_argon2id_str_verify(job->hash, job->password, strlen(job->password));
  if (differs) job->result = errno == EINVAL ? -EACCES : -ENOMEM;
}

static void check_nothing(struct password_job *job) {
  make_hash(job);
  if (!job->result) job->result = -EACCES;
}

static void run(uv_work_t *work) {
  struct password_job *job = work->data;
  job->run(job);
}

static void run_done(uv_work_t *work, int status);

static void start(struct password_job *job) {
  job->line->running++;
  uv_queue_work(job->line->loop, &job->work, run, run_done);  // can't fail: it has what it needs
}

static void start_waiting(struct password_line *line) {
  while (line->first && line->running < PASSWORD_RUNNING_MAX) {
    struct password_job *job = line->first;
    line->first = job->next;
    if (!line->first) line->last = &line->first;
    metric_set(&line->waiting_gauge, --line->waiting);
    if (job->deadline_ms && uv_now(line->loop) >= job->deadline_ms)
      job->done(job, -ETIMEDOUT);
    else
      start(job);
  }
}

static void run_done(uv_work_t *work, int status) {
  struct password_job *job = work->data;
  job->line->running--;
  start_waiting(job->line);
  job->done(job, status ? -ECANCELED : job->result);
}

static int join(struct password_line *line, struct password_job *job, void (*run_job)(struct password_job *)) {
  job->run = run_job;
  job->line = line;
  job->next = NULL;
  job->work.data = job;
  job->result = 0;
  if (line->running < PASSWORD_RUNNING_MAX) {
    start(job);
    return 0;
  }
  if (line->waiting >= line->waiting_limit) {
    metric_count(&line->refused_total, 1);
    return -EBUSY;
  }
  *line->last = job;
  line->last = &job->next;
  metric_set(&line->waiting_gauge, ++line->waiting);
  return 0;
}

int password_hash(struct password_line *line, struct password_job *job) {
  return join(line, job, make_hash);
}

int password_verify(struct password_line *line, struct password_job *job, const char *hash) {
  if (!hash || strlen(hash) >= sizeof job->hash) return join(line, job, check_nothing);
  memcpy(job->hash, hash, strlen(hash) + 1);
  return join(line, job, check_hash);
}

bool password_fits(const char *password) {
  size_t size = strlen(password);
  return size >= PASSWORD_LEAST && size <= PASSWORD_MOST;
}
