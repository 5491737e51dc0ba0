// The events that happened lately, of every producer, for readers who each stand somewhere in them. No I/O, no clock.
//
// A place is where a reader stands in every producer's log (position.h), so it means the same in every gateway and
// after a restart. Of each producer the window holds all events from its floor up to its head; the oldest go when it is
// full, and the floor rises with them. A reader below a floor has missed some.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/position.h"
#include "event_access.h"

enum { EVENT_PRODUCERS = 5, EVENT_TYPE_BYTES = 48, EVENT_UUID_BYTES = 37, EVENT_PLACE_TEXT_MAX = EVENT_PRODUCERS * 34 };

// "identity", …; ends with NULL. Never reordered: a place's text depends on it.
extern const char *const event_producers[EVENT_PRODUCERS + 1];

// Who reads: what a sign-in session stands for.
struct event_scope {
  uint32_t roles;  // bit 1 << Pulih__Role
  bool every_prison;
  char prison_id[EVENT_UUID_BYTES];  // the only one, without every_prison
  char user_id[EVENT_UUID_BYTES];
};

struct event_place {
  struct event_position at[EVENT_PRODUCERS];
};

struct window_event {
  struct event_position position;
  struct event_access access;
  int32_t version;
  char type[EVENT_TYPE_BYTES];  // "scheduling.session_changed"
  char prison_id[EVENT_UUID_BYTES], subject_id[EVENT_UUID_BYTES];
};

struct event_window;

// `events_most` of each producer. NULL when memory is out.
struct event_window *event_window_create(size_t events_most);
void event_window_destroy(struct event_window *window);

// The producer's events from here on will be appended.
void event_window_begin(struct event_window *window, size_t producer, struct event_position at);
// Every producer's have begun.
bool event_window_is_known(const struct event_window *window);
// In order. Those at or below the head are passed over; those that nobody may know (event_access.h) move it only.
void event_window_append(struct event_window *window, size_t producer, Pulih__Event__V1__Event *const *events,
                         size_t count);
// The log behind `after`, below the floor, was read as far as it goes or up to a limit (`more`). If that reaches the
// floor and there is room, the floor goes down to `after`. False when it stays.
bool event_window_prepend(struct event_window *window, size_t producer, struct event_position after,
                          Pulih__Event__V1__Event *const *events, size_t count, bool more);

// Where a reader stands who has everything.
void event_window_head(const struct event_window *window, struct event_place *ret_place);
// The first producer, from this one on, of which the reader has missed some; EVENT_PRODUCERS: none.
size_t event_window_missed(const struct event_window *window, const struct event_place *place, size_t producer);
// The next event behind the place that the scope may know; the place is then behind it, or at the head when there is
// none (NULL).
const struct window_event *event_window_next(const struct event_window *window, const struct event_scope *scope,
                                             struct event_place *place);

// "3f2.1a-…", hexadecimal. Ends with a NUL.
void event_place_write(const struct event_place *place, char text[EVENT_PLACE_TEXT_MAX]);
// False for anything that event_place_write() doesn't write.
bool event_place_read(const char *text, struct event_place *ret_place);
