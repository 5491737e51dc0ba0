// A bump allocator: many small allocations, freed together. One per call.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
  struct arena_block *blocks;  // newest first
  size_t used_bytes;           // handed out since init or reset
  size_t limit_bytes;          // more than this is refused
  bool wipes;                  // what was in it is overwritten before its memory goes; set it after arena_init()
};

void arena_init(struct arena *arena, size_t limit_bytes);
// Frees everything but one small block, so that an arena that is used again and again rarely allocates.
void arena_reset(struct arena *arena);
void arena_finish(struct arena *arena);

// Aligned for any type, zeroed. NULL when the limit is reached or memory is out.
void *arena_alloc(struct arena *arena, size_t size);
// A NUL-terminated copy of `size` bytes.
char *arena_copy_text(struct arena *arena, const char *text, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list values);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))
// NULL also when count * size would overflow.
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);
