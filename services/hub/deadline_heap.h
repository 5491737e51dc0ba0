// Deadlines, the earliest first: a binary heap whose items know their place, so that any can be taken out.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct deadline {
  uint64_t at_ms;
  size_t place;  // in the heap, from 1; 0: in none
};

struct deadline_heap {
  struct deadline **items;  // from 1
  size_t count;
};

int deadline_heap_init(struct deadline_heap *heap, size_t most);
void deadline_heap_finish(struct deadline_heap *heap);
// Not more than `most` of them; one that is in no heap.
void deadline_heap_add(struct deadline_heap *heap, struct deadline *deadline, uint64_t at_ms);
// Nothing happens when it is in none.
void deadline_heap_remove(struct deadline_heap *heap, struct deadline *deadline);
// NULL when it is empty.
static inline struct deadline *deadline_heap_first(const struct deadline_heap *heap) {
  return heap->count ? heap->items[1] : NULL;
}
