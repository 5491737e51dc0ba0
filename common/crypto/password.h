// Passwords, hashed by argon2id (RFC 9106) with 64 MiB and three passes: about 100 ms on a machine of 2025. Too long
// for the loop's thread and too much memory for many, so they wait in a line: two are worked on at once, in libuv's
// pool, and more than the line takes are told to come back (PITFALLS 25).
//
// Needs sodium_init() before, once a process.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/metrics.h"

enum {
  PASSWORD_LEAST = 10,  // bytes
  PASSWORD_MOST = 200,
  PASSWORD_HASH_MAX = 128,  // with the NUL
  PASSWORD_RUNNING_MAX = 2,
};

struct password_job;

struct password_line {
  uv_loop_t *loop;
  struct password_job *first, **last;  // waiting
  unsigned running, waiting, waiting_limit;
  struct metric waiting_gauge, refused_total;
};

// One password to hash or to verify. The owner's, and where it is until `done`, which is called once, on the loop, and
// not before the function that took the job has returned:
//   0           the hash is made, or the password is the one
//   -EACCES     the password is another
//   -ETIMEDOUT  its turn came after the deadline
//   -ENOMEM     64 MiB could not be had
//   -ECANCELED  libuv could not run it
struct password_job {
  void (*done)(struct password_job *job, int result);
  void *owner;
  const char *password;          // alive until `done`
  uint64_t deadline_ms;          // loop time; 0: none
  char hash[PASSWORD_HASH_MAX];  // after hashing: the new one
  // The line's own.
  void (*run)(struct password_job *job);
  struct password_line *line;
  struct password_job *next;
  uv_work_t work;
  int result;
};

void password_line_init(struct password_line *line, uv_loop_t *loop, unsigned waiting_limit);
void password_line_add_metrics(struct password_line *line, struct metrics *metrics);

// Both give 0 when the job is taken; -EBUSY when the line is full, and `done` isn't called.
int password_hash(struct password_line *line, struct password_job *job);
// With `hash` NULL, where there is nobody to sign in as, it takes as long and ends with -EACCES.
int password_verify(struct password_line *line, struct password_job *job, const char *hash);

// Whether it may be chosen: its length. Its beauty is the chooser's.
bool password_fits(const char *password);
