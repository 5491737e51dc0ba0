// Who may know that something happened: whoever may call the method that reads it. No I/O.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct event_access {
  uint32_t roles;  // bit 1 << Pulih__Role; 0: nobody, as with every type that isn't listed
  bool own;        // of these only the person who is the event's subject, in whichever prison
};

struct event_access event_access_of(const char *type);
