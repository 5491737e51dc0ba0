// Writes and reads the protobuf wire format (https://protobuf.dev/programming-guides/encoding/) without messages in
// between: from columns, or from JSON, straight to bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

// Bytes that grow in an arena (at most twice their size is taken from it). Errors are sticky: once the arena is full
// `failed` is true and every call does nothing, so look at it once, at the end.
struct wire_buffer {
  struct arena *arena;
  unsigned char *data;
  size_t size, room;
  bool failed;
};

void wire_init(struct wire_buffer *buffer, struct arena *arena);
// Takes room for `size` more bytes and moves the end behind them; NULL when it failed. The bytes are the caller's to
// fill, before the next call.
unsigned char *wire_extend(struct wire_buffer *buffer, size_t size);
void wire_append(struct wire_buffer *buffer, const void *data, size_t size);

// One field each: tag and value. int32, int64 and enum as (uint64_t)(int64_t)value, bool as 0 or 1.
void wire_varint_field(struct wire_buffer *buffer, uint32_t number, uint64_t value);
void wire_sint_field(struct wire_buffer *buffer, uint32_t number, int64_t value);  // sint32, sint64 (zigzag)
void wire_fixed32_field(struct wire_buffer *buffer, uint32_t number, uint32_t value);
void wire_fixed64_field(struct wire_buffer *buffer, uint32_t number, uint64_t value);
void wire_float_field(struct wire_buffer *buffer, uint32_t number, float value);
void wire_double_field(struct wire_buffer *buffer, uint32_t number, double value);
// string, bytes, or a message that is packed already.
void wire_bytes_field(struct wire_buffer *buffer, uint32_t number, const void *data, size_t size);

// A nested message, or a packed array: what is written between the two is its content. End them in reverse order.
size_t wire_nested_begin(struct wire_buffer *buffer, uint32_t number);
void wire_nested_end(struct wire_buffer *buffer, size_t mark);

// Values without a tag: elements of a packed array.
void wire_varint(struct wire_buffer *buffer, uint64_t value);
void wire_fixed32(struct wire_buffer *buffer, uint32_t value);
void wire_fixed64(struct wire_buffer *buffer, uint64_t value);

static inline uint64_t wire_zigzag(int64_t value) {
  return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

// Bytes that are read from the front. Nothing is read past `end`.
struct wire_reader {
  const unsigned char *at, *end;
};

struct wire_field {
  uint32_t number;
  unsigned char type;         // enum wire_type
  uint64_t value;             // WIRE_VARINT, WIRE_FIXED32, WIRE_FIXED64
  const unsigned char *data;  // WIRE_BYTES
  size_t size;
};

static inline bool wire_at_end(const struct wire_reader *reader) {
  return reader->at == reader->end;
}
// False when it is cut off or longer than 64 bits.
bool wire_read_varint(struct wire_reader *reader, uint64_t *ret_value);
// The next field; false when what comes isn't one (cut off, a group, number 0, a length beyond the end).
bool wire_read_field(struct wire_reader *reader, struct wire_field *ret_field);
