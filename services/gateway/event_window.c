#include "event_window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const event_producers[EVENT_PRODUCERS + 1] = {"identity", "enrollment", "scheduling", "notes",
                                                          "notifications"};

struct run {
  bool known;
  struct event_position floor, head;
  size_t first, count;
  struct window_event *events;  // a ring
};

struct event_window {
  size_t events_most;
  struct run runs[EVENT_PRODUCERS];
};

struct event_window *event_window_create(size_t events_most) {
  struct event_window *window = calloc(1, sizeof *window);
  if (!window) return NULL;
  window->events_most = events_most;
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) {
    window->runs[i].events = calloc(events_most, sizeof *window->runs[i].events);
    if (window->runs[i].events) continue;
    event_window_destroy(window);
    return NULL;
  }
  return window;
}

void event_window_destroy(struct event_window *window) {
  if (!window) return;
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) free(window->runs[i].events);
  free(window);
}

void event_window_begin(struct event_window *window, size_t producer, struct event_position at) {
  struct run *run = &window->runs[producer];
  run->known = true;
  run->floor = run->head = at;
  run->first = run->count = 0;
}

bool event_window_is_known(const struct event_window *window) {
  for (size_t i = 0; i < EVENT_PRODUCERS; i++)
    if (!window->runs[i].known) return false;
  return true;
}

static struct window_event *at(const struct event_window *window, const struct run *run, size_t index) {
  return &run->events[(run->first + index) % window->events_most];
}

// False when nobody may know it.
static bool fill(struct window_event *to, const Pulih__Event__V1__Event *from) {
  struct event_access access = event_access_of(from->type);
  if (!access.roles || strlen(from->type) >= sizeof to->type) return false;
  *to = (struct window_event){
      .position = event_position_read(from->position), .access = access, .version = from->version};
  snprintf(to->type, sizeof to->type, "%s", from->type);
  snprintf(to->prison_id, sizeof to->prison_id, "%s", from->prison_id);
  snprintf(to->subject_id, sizeof to->subject_id, "%s", from->subject_id);
  return true;
}

void event_window_append(struct event_window *window, size_t producer, Pulih__Event__V1__Event *const *events,
                         size_t count) {
  struct run *run = &window->runs[producer];
  for (size_t i = 0; i < count; i++) {
    struct window_event event;
    struct event_position position = event_position_read(events[i]->position);
    if (event_position_compare(position, run->head) <= 0) continue;
    run->head = position;
    if (!fill(&event, events[i])) continue;
    if (run->count == window->events_most) {
      run->floor = at(window, run, 0)->position;
      run->first = (run->first + 1) % window->events_most;
      run->count--;
    }
    *at(window, run, run->count++) = event;
  }
}

bool event_window_prepend(struct event_window *window, size_t producer, struct event_position after,
                          Pulih__Event__V1__Event *const *events, size_t count, bool more) {
  struct run *run = &window->runs[producer];
  struct event_position last = count ? event_position_read(events[count - 1]->position) : after;
  if (more && event_position_compare(last, run->floor) < 0) return false;
  while (count && event_position_compare(event_position_read(events[count - 1]->position), run->floor) > 0) count--;
  if (run->count + count > window->events_most || event_position_compare(after, run->floor) > 0) return false;
  while (count--) {
    struct window_event event;
    if (!fill(&event, events[count])) continue;
    run->first = (run->first + window->events_most - 1) % window->events_most;
    run->count++;
    *at(window, run, 0) = event;
  }
  run->floor = after;
  return true;
}

void event_window_head(const struct event_window *window, struct event_place *ret_place) {
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) ret_place->at[i] = window->runs[i].head;
}

size_t event_window_missed(const struct event_window *window, const struct event_place *place, size_t producer) {
  while (producer < EVENT_PRODUCERS && event_position_compare(place->at[producer], window->runs[producer].floor) >= 0)
    producer++;
  return producer;
}

// Index of the first event behind a position.
static size_t behind(const struct event_window *window, const struct run *run, struct event_position position) {
  size_t low = 0, high = run->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (event_position_compare(at(window, run, middle)->position, position) > 0)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static bool may_know(const struct event_scope *scope, const struct window_event *event) {
  if (!(scope->roles & event->access.roles)) return false;
  if (event->access.own) return !strcmp(event->subject_id, scope->user_id);
  return scope->every_prison || (*event->prison_id && !strcmp(event->prison_id, scope->prison_id));
}

const struct window_event *event_window_next(const struct event_window *window, const struct event_scope *scope,
                                             struct event_place *place) {
  for (size_t i = 0; i < EVENT_PRODUCERS; i++) {
    const struct run *run = &window->runs[i];
    // One who comes from another gateway may be ahead.
    if (event_position_compare(place->at[i], run->head) >= 0) continue;
    for (size_t index = behind(window, run, place->at[i]); index < run->count; index++) {
      const struct window_event *event = at(window, run, index);
      place->at[i] = event->position;
      if (may_know(scope, event)) return event;
    }
    place->at[i] = run->head;
  }
  return NULL;
}

void event_place_write(const struct event_place *place, char text[EVENT_PLACE_TEXT_MAX]) {
  for (size_t i = 0; i < EVENT_PRODUCERS; i++)
    text += sprintf(text, "%s%" PRIx64 ".%" PRIx64, i ? "-" : "", place->at[i].transaction, place->at[i].id);
}

// At most 16 hexadecimal digits, and then `end`.
static bool read_number(const char **text, char end, uint64_t *ret_number) {
  size_t size = strspn(*text, "0123456789abcdef");
  if (!size || size > 16 || (*text)[size] != end) return false;
  *ret_number = strtoull(*text, NULL, 16);
  *text += size + (end != '\0');
  return true;
}

bool event_place_read(const char *text, struct event_place *ret_place) {
  struct event_place place;
  for (size_t i = 0; i < EVENT_PRODUCERS; i++)
    if (!read_number(&text, '.', &place.at[i].transaction) ||
        !read_number(&text, i + 1 < EVENT_PRODUCERS ? '-' : '\0', &place.at[i].id))
      return false;
  *ret_place = place;
  return true;
}
