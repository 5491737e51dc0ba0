// Walks a message on the wire. Every rule is checked here, before anything is allocated, in one pass.
//
// A field that comes twice is merged by protobuf; since each of the two is checked by itself, what they merge to is
// fine too.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "message/field.h"
#include "message/message.h"
#include "message/time.h"
#include "message/wire.h"

struct walk {
  struct arena *arena;
  struct status *status;
  size_t fields, violations;
};

// One field on the way down to where the walk is.
struct place {
  const struct place *above;
  const ProtobufCFieldDescriptor *field;
  const unsigned char *message, *at;  // where its message begins, and where it does
  size_t element;                     // within a packed array
};

// Fields of the same number that stand before it in its message.
static size_t count_before(const struct place *place) {
  size_t count = 0;
  struct wire_reader reader = {place->message, place->at};
  for (struct wire_field field; wire_read_field(&reader, &field);) count += field.number == place->field->id;
  return count;
}

static void path_write(const struct place *place, struct wire_buffer *path) {
  if (place->above) {
    path_write(place->above, path);
    wire_append(path, ".", 1);
  }
  wire_append(path, place->field->name, strlen(place->field->name));
  if (place->field->label != PROTOBUF_C_LABEL_REPEATED) return;
  // Elements needn't stand together. Counting them only now costs nothing as long as all is well.
  char text[32];
  wire_append(path, text, (size_t)snprintf(text, sizeof text, "[%zu]", place->element + count_before(place)));
}

static const char *path_text(struct walk *walk, const struct place *place) {
  if (!place) return "the message";
  struct wire_buffer path;
  wire_init(&path, walk->arena);
  path_write(place, &path);
  wire_append(&path, "", 1);
  return path.failed ? place->field->name : (const char *)path.data;
}

// 0 while there may be more to find.
static int violate(struct walk *walk, const struct place *place, const char *expected) {
  status_add_violation(walk->status, walk->arena, path_text(walk, place), "%s", expected);
  // Without memory there may be no violation to read, but there is a reason.
  return ++walk->violations < MESSAGE_VIOLATIONS_MAX ? 0 : -EBADMSG;
}

static int malformed(struct walk *walk, const struct place *place, const char *problem) {
  walk->status->reason = REASON_MESSAGE_MALFORMED;
  const char *what = arena_printf(walk->arena, "%s: %s", path_text(walk, place), problem);
  if (what) status_add_detail(walk->status, walk->arena, "what", what);
  return -EBADMSG;
}

const char *message_text_problem(const void *text, size_t size) {
  static const char *const not_utf8 = "isn't UTF-8";
  static const char *const has_control = "has a control character; only line breaks (\\n) and tabs are allowed";
  const unsigned char *at = text, *end = at + size;
  while (at < end) {
    unsigned char lead = *at++;
    if (lead < 0x80) {
      if ((lead < 0x20 && lead != '\n' && lead != '\t') || lead == 0x7f) return has_control;
      continue;
    }
    if (lead < 0xc2 || lead > 0xf4) return not_utf8;
    int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    uint32_t code = lead & (0x3f >> more);
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    for (int i = 0; i < more; i++, at++) {
      if (at == end || (*at & 0xc0) != 0x80) return not_utf8;
      code = code << 6 | (*at & 0x3f);
    }
    if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return not_utf8;
    if (code < 0xa0) return has_control;
  }
  return NULL;
}

static int check_enum(struct walk *walk, const struct place *place, uint64_t number) {
  const ProtobufCEnumDescriptor *descriptor = place->field->descriptor;
  if (protobuf_c_enum_descriptor_get_value(descriptor, (int)(int64_t)number)) return 0;
  const char *expected = arena_printf(walk->arena, "%d isn't a number of %s", (int)(int64_t)number, descriptor->name);
  return violate(walk, place, expected ? expected : "is unknown");
}

static enum wire_type wire_type_of(ProtobufCType type) {
  switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
      return WIRE_FIXED32;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
      return WIRE_FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
      return WIRE_BYTES;
    default:
      return WIRE_VARINT;
  }
}

static int check_packed(struct walk *walk, struct place *place, enum wire_type type, const struct wire_field *content) {
  if (type == WIRE_FIXED32 || type == WIRE_FIXED64)
    return content->size % (type == WIRE_FIXED32 ? 4 : 8) ? malformed(walk, place, "the array is cut off") : 0;
  struct wire_reader reader = {content->data, content->data + content->size};
  for (; !wire_at_end(&reader); place->element++) {
    uint64_t value;
    if (!wire_read_varint(&reader, &value)) return malformed(walk, place, "the array is cut off");
    if (place->field->type == PROTOBUF_C_TYPE_ENUM && check_enum(walk, place, value)) return -EBADMSG;
  }
  return 0;
}

// The last value of a field of a message that is known to be well-formed.
static int64_t last_value(const struct wire_field *message, uint32_t number) {
  struct wire_reader reader = {message->data, message->data + message->size};
  int64_t value = 0;
  for (struct wire_field field; wire_read_field(&reader, &field);)
    if (field.number == number) value = (int64_t)field.value;
  return value;
}

static int check_kind(struct walk *walk, const struct place *place, const struct wire_field *content) {
  int64_t first = last_value(content, 1), second = last_value(content, 2), days;
  switch (message_kind(place->field->descriptor)) {
    case MESSAGE_TIMESTAMP:
      if (first < TIMESTAMP_SECONDS_MIN || first > TIMESTAMP_SECONDS_MAX || (int32_t)second < 0 ||
          (int32_t)second > 999999999)
        return violate(walk, place, "isn't an instant in the years 1 to 9999");
      return 0;
    case MESSAGE_DATE:
      if (days_from_date((int)first, (int)second, (int)last_value(content, 3), &days))
        return violate(walk, place, "isn't a day that exists");
      return 0;
    default:
      return 0;
  }
}

static int walk_message(struct walk *walk, const ProtobufCMessageDescriptor *descriptor, const struct place *above,
                        const unsigned char *data, size_t size, int depth);

static int check_field(struct walk *walk, struct place *place, const struct wire_field *content, int depth) {
  const ProtobufCFieldDescriptor *field = place->field;
  enum wire_type type = wire_type_of(field->type);
  if (content->type != type) {
    bool packed = field->label == PROTOBUF_C_LABEL_REPEATED && content->type == WIRE_BYTES;
    return packed ? check_packed(walk, place, type, content) : malformed(walk, place, "has the wrong wire type");
  }
  const char *problem;
  switch (field->type) {
    case PROTOBUF_C_TYPE_ENUM:
      return check_enum(walk, place, content->value);
    case PROTOBUF_C_TYPE_STRING:
      problem = message_text_problem(content->data, content->size);
      return problem ? violate(walk, place, problem) : 0;
    case PROTOBUF_C_TYPE_MESSAGE:
      if (field->label != PROTOBUF_C_LABEL_REPEATED && count_before(place))
        return malformed(walk, place, "is there twice");
      if (walk_message(walk, field->descriptor, place, content->data, content->size, depth + 1)) return -EBADMSG;
      return check_kind(walk, place, content);
    default:
      return 0;
  }
}

static int walk_message(struct walk *walk, const ProtobufCMessageDescriptor *descriptor, const struct place *above,
                        const unsigned char *data, size_t size, int depth) {
  if (depth > MESSAGE_DEPTH_MAX) return malformed(walk, above, "is nested too deep");
  struct wire_reader reader = {data, data + size};
  while (!wire_at_end(&reader)) {
    const unsigned char *at = reader.at;
    struct wire_field content;
    if (!wire_read_field(&reader, &content)) return malformed(walk, above, "is cut off or not protobuf");
    if (++walk->fields > MESSAGE_FIELDS_MAX) return malformed(walk, above, "has too many fields");
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(descriptor, content.number);
    struct place place = {above, field, data, at, 0};
    if (field && check_field(walk, &place, &content, depth)) return -EBADMSG;
  }
  return 0;
}

int message_check(const ProtobufCMessageDescriptor *descriptor, const void *data, size_t size, struct arena *arena,
                  struct status *status) {
  struct walk walk = {.arena = arena, .status = status};
  if (size && walk_message(&walk, descriptor, NULL, data, size, 1)) return -EBADMSG;
  return walk.violations ? -EBADMSG : 0;
}
