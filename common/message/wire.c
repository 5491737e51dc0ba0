#include "message/wire.h"

#include <endian.h>
#include <string.h>

enum { VARINT_MAX = 10, SHORT_VARINT_MAX = 5, FIRST_ROOM = 256, NUMBER_MAX = 0x1fffffff };

void wire_init(struct wire_buffer *buffer, struct arena *arena) {
  *buffer = (struct wire_buffer){.arena = arena};
}

static bool grow(struct wire_buffer *buffer, size_t size) {
  size_t room = buffer->room ? buffer->room : FIRST_ROOM;
  while (room - buffer->size < size && room <= SIZE_MAX / 2) room *= 2;
  unsigned char *data = room - buffer->size < size ? NULL : arena_alloc(buffer->arena, room);
  if (!data) {
    buffer->failed = true;
    return false;
  }
  if (buffer->size) memcpy(data, buffer->data, buffer->size);
  buffer->data = data;
  buffer->room = room;
  return true;
}

unsigned char *wire_extend(struct wire_buffer *buffer, size_t size) {
  if (buffer->failed) return NULL;
  if (buffer->room - buffer->size < size && !grow(buffer, size)) return NULL;
  unsigned char *at = buffer->data + buffer->size;
  buffer->size += size;
  return at;
}

void wire_append(struct wire_buffer *buffer, const void *data, size_t size) {
  if (!size) return;
  unsigned char *at = wire_extend(buffer, size);
  if (at) memcpy(at, data, size);
}

void wire_varint(struct wire_buffer *buffer, uint64_t value) {
  unsigned char bytes[VARINT_MAX];
  size_t size = 0;
  for (; value > 0x7f; value >>= 7) bytes[size++] = (unsigned char)(value | 0x80);
  bytes[size++] = (unsigned char)value;
  wire_append(buffer, bytes, size);
}

void wire_fixed32(struct wire_buffer *buffer, uint32_t value) {
  value = htole32(value);
  wire_append(buffer, &value, sizeof value);
}

void wire_fixed64(struct wire_buffer *buffer, uint64_t value) {
  value = htole64(value);
  wire_append(buffer, &value, sizeof value);
}

static void tag(struct wire_buffer *buffer, uint32_t number, enum wire_type type) {
  wire_varint(buffer, (uint64_t)number << 3 | type);
}

void wire_varint_field(struct wire_buffer *buffer, uint32_t number, uint64_t value) {
  tag(buffer, number, WIRE_VARINT);
  wire_varint(buffer, value);
}

void wire_sint_field(struct wire_buffer *buffer, uint32_t number, int64_t value) {
  wire_varint_field(buffer, number, wire_zigzag(value));
}

void wire_fixed32_field(struct wire_buffer *buffer, uint32_t number, uint32_t value) {
  tag(buffer, number, WIRE_FIXED32);
  wire_fixed32(buffer, value);
}

void wire_fixed64_field(struct wire_buffer *buffer, uint32_t number, uint64_t value) {
  tag(buffer, number, WIRE_FIXED64);
  wire_fixed64(buffer, value);
}

void wire_float_field(struct wire_buffer *buffer, uint32_t number, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  wire_fixed32_field(buffer, number, bits);
}

void wire_double_field(struct wire_buffer *buffer, uint32_t number, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  wire_fixed64_field(buffer, number, bits);
}

void wire_bytes_field(struct wire_buffer *buffer, uint32_t number, const void *data, size_t size) {
  tag(buffer, number, WIRE_BYTES);
  wire_varint(buffer, size);
  wire_append(buffer, data, size);
}

// One byte is kept for the length, which is enough for most; a longer content is moved up when its length is known.
size_t wire_nested_begin(struct wire_buffer *buffer, uint32_t number) {
  tag(buffer, number, WIRE_BYTES);
  wire_extend(buffer, 1);
  return buffer->size;
}

void wire_nested_end(struct wire_buffer *buffer, size_t mark) {
  if (buffer->failed) return;
  size_t content = buffer->size - mark, length_size = 1;
  for (size_t rest = content >> 7; rest; rest >>= 7) length_size++;
  if (length_size > 1) {
    if (!wire_extend(buffer, length_size - 1)) return;
    memmove(buffer->data + mark - 1 + length_size, buffer->data + mark, content);
  }
  unsigned char *at = buffer->data + mark - 1;
  size_t rest = content;
  for (; rest > 0x7f; rest >>= 7) *at++ = (unsigned char)(rest | 0x80);
  *at = (unsigned char)rest;
}

bool wire_read_varint(struct wire_reader *reader, uint64_t *ret_value) {
  uint64_t value = 0;
  const unsigned char *at = reader->at;
  for (unsigned shift = 0; shift < 64 && at < reader->end; shift += 7) {
    unsigned char byte = *at++;
    if (shift == 63 && byte > 1) return false;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    reader->at = at;
    *ret_value = value;
    return true;
  }
  return false;
}

static bool read_fixed(struct wire_reader *reader, size_t size, uint64_t *ret_value) {
  if ((size_t)(reader->end - reader->at) < size) return false;
  uint64_t value = 0;
  memcpy(&value, reader->at, size);
  *ret_value = le64toh(value);
  reader->at += size;
  return true;
}

// Tags and lengths, which protobuf-c reads up to 5 bytes.
static bool read_short_varint(struct wire_reader *reader, uint64_t *ret_value) {
  const unsigned char *start = reader->at;
  return wire_read_varint(reader, ret_value) && reader->at - start <= SHORT_VARINT_MAX;
}

bool wire_read_field(struct wire_reader *reader, struct wire_field *ret_field) {
  struct wire_reader ahead = *reader;
  uint64_t key, size;
  if (!read_short_varint(&ahead, &key) || key >> 3 == 0 || key >> 3 > NUMBER_MAX) return false;
  struct wire_field field = {.number = (uint32_t)(key >> 3), .type = key & 7};
  switch (field.type) {
    case WIRE_VARINT:
      if (!wire_read_varint(&ahead, &field.value)) return false;
      break;
    case WIRE_FIXED64:
      if (!read_fixed(&ahead, 8, &field.value)) return false;
      break;
    case WIRE_FIXED32:
      if (!read_fixed(&ahead, 4, &field.value)) return false;
      break;
    case WIRE_BYTES:
      if (!read_short_varint(&ahead, &size) || size > (size_t)(ahead.end - ahead.at)) return false;
      field.data = ahead.at;
      field.size = (size_t)size;
      ahead.at += size;
      break;
    default:
      return false;
  }
  *reader = ahead;
  *ret_field = field;
  return true;
}
