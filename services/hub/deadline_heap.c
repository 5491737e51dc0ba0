#include "hub/deadline_heap.h"

#include <errno.h>
#include <stdlib.h>

int deadline_heap_init(struct deadline_heap *heap, size_t most) {
  *heap = (struct deadline_heap){.items = calloc(most + 1, sizeof *heap->items)};
  return heap->items ? 0 : -ENOMEM;
}

void deadline_heap_finish(struct deadline_heap *heap) {
  free(heap->items);
  heap->items = NULL;
}

static void put(struct deadline_heap *heap, size_t place, struct deadline *deadline) {
  heap->items[place] = deadline;
  deadline->place = place;
}

// Puts `deadline` where it belongs, starting from the hole at `place`.
static void settle(struct deadline_heap *heap, size_t place, struct deadline *deadline) {
  for (; place > 1 && deadline->at_ms < heap->items[place / 2]->at_ms; place /= 2)
    put(heap, place, heap->items[place / 2]);
  for (size_t child; (child = place * 2) <= heap->count; place = child) {
    if (child < heap->count && heap->items[child + 1]->at_ms < heap->items[child]->at_ms) child++;
    if (deadline->at_ms <= heap->items[child]->at_ms) break;
    put(heap, place, heap->items[child]);
  }
  put(heap, place, deadline);
}

void deadline_heap_add(struct deadline_heap *heap, struct deadline *deadline, uint64_t at_ms) {
  deadline->at_ms = at_ms;
  heap->count++;
  settle(heap, heap->count, deadline);
}

void deadline_heap_remove(struct deadline_heap *heap, struct deadline *deadline) {
  size_t place = deadline->place;
  if (!place) return;
  deadline->place = 0;
  struct deadline *last = heap->items[heap->count--];
  if (last != deadline) settle(heap, place, last);
}
