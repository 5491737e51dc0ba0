// Whether a process serves, told on a socket file: its own program checks it ("pulih-hub --health"), beside it and with
// the same environment, without a shell, a port or a client of its protocol. It is the loop that answers: one that
// hangs says nothing.
#pragma once

#include "loop/loop.h"

#define HEALTH_SETTING "PULIH_HEALTH_SOCKET"
#define HEALTH_SETTING_HELP "socket file on which --health asks whether it serves; empty: it can't be asked"

struct health {
  uv_pipe_t listener;
  struct loop *loop;
  const char *(*why_not)(void *owner);
  void *owner;
};

// Answers on `path` until loop_finish(); empty: does nothing. A socket that a killed process left there is replaced.
// `why_not` gives NULL while the process serves, else what is missing in a few words. A negative libuv error.
int health_serve(struct health *health, struct loop *loop, const char *path, const char *(*why_not)(void *owner),
                 void *owner);

// Whether main was started to ask: --health, does it serve? or --live, does its loop turn, whatever it waits for?
bool health_is_asked(int argc, char **argv);
// Asks the process that answers at the setting's path; what is wrong goes to stderr. Gives the exit status, 0 or 1.
// Blocks for three seconds at most.
int health_ask(char **argv);
