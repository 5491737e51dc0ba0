#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 4096u

struct arena_block {
  struct arena_block *next;
  size_t size, used;
  alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t limit_bytes) {
  *arena = (struct arena){.limit_bytes = limit_bytes};
}

static void wipe(const struct arena *arena, struct arena_block *block) {
  if (arena->wipes) explicit_bzero(block->bytes, block->used);
}

// Frees the blocks that were taken after `kept`.
static void free_until(struct arena *arena, struct arena_block *kept) {
  while (arena->blocks != kept) {
    struct arena_block *block = arena->blocks;
    arena->blocks = block->next;
    wipe(arena, block);
    free(block);
  }
  arena->used_bytes = 0;
}

void arena_reset(struct arena *arena) {
  struct arena_block *first = arena->blocks;
  while (first && first->next) first = first->next;
  if (first && first->size > BLOCK_BYTES) first = NULL;
  free_until(arena, first);
  if (!first) return;
  wipe(arena, first);
  first->used = 0;
}

void arena_finish(struct arena *arena) {
  free_until(arena, NULL);
}

void *arena_alloc(struct arena *arena, size_t size) {
  const size_t align = alignof(max_align_t);
  if (size > arena->limit_bytes - arena->used_bytes) return NULL;
  size = (size + align - 1) / align * align;
  struct arena_block *block = arena->blocks;
  if (!block || block->size - block->used < size) {
    size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    block = malloc(sizeof *block + room);
    if (!block) return NULL;
    *block = (struct arena_block){.next = arena->blocks, .size = room};
    arena->blocks = block;
  }
  void *at = block->bytes + block->used;
  block->used += size;
  arena->used_bytes += size < arena->limit_bytes - arena->used_bytes ? size : arena->limit_bytes - arena->used_bytes;
  return memset(at, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) return NULL;
  return arena_alloc(arena, count * size);
}

char *arena_copy_text(struct arena *arena, const char *text, size_t size) {
  if (size == SIZE_MAX) return NULL;
  char *copy = arena_alloc(arena, size + 1);
  if (copy && size) memcpy(copy, text, size);
  return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list values) {
  va_list again;
  va_copy(again, values);
  int size = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (size < 0) return NULL;
  char *text = arena_alloc(arena, (size_t)size + 1);
  if (text) vsnprintf(text, (size_t)size + 1, format, values);
  return text;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
  va_list values;
  va_start(values, format);
  char *text = arena_vprintf(arena, format, values);
  va_end(values);
  return text;
}
