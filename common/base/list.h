// A doubly linked ring through the things that are in it. A thing that is in no list has both pointers NULL.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
  struct list *next, *previous;
};

// The list itself; first and last are its next and previous.
static inline void list_init(struct list *list) {
  list->next = list->previous = list;
}
static inline bool list_is_empty(const struct list *list) {
  return list->next == list;
}
static inline void list_append(struct list *list, struct list *item) {
  item->next = list;
  item->previous = list->previous;
  list->previous->next = item;
  list->previous = item;
}
// Nothing happens when it is in none.
static inline void list_remove(struct list *item) {
  if (!item->next) return;
  item->next->previous = item->previous;
  item->previous->next = item->next;
  item->next = item->previous = NULL;
}
