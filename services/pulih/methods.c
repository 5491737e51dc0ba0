// pulih methods: what can be called, and one method from top to bottom, out of the contracts themselves.
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "families.h"
#include "json/name.h"
#include "message/field.h"
#include "method_name.h"
#include "options.pb-c.h"
#include "output.h"
#include "prose.h"

enum { DEPTH_MAX = 4, WIDTH = 100 };

const struct option methods_options[] = {{0}};

static int compare_prose(const void *name, const void *row) {
  return strcmp(name, ((const struct prose *)row)->name);
}

static const char *prose_of(const char *name) {
  const struct prose *row = bsearch(name, prose, prose_count, sizeof *prose, compare_prose);
  return row ? row->text : "";
}

static const char *prose_of_part(const char *owner, const char *part) {
  char name[256];
  snprintf(name, sizeof name, "%s.%s", owner, part);
  return prose_of(name);
}

// Up to the first full stop that ends a sentence.
static int first_sentence(const char *text) {
  const char *end = strstr(text, ". ");
  return end ? (int)(end - text) + 1 : (int)strlen(text);
}

static void print_wrapped(const char *text, int indent) {
  int column = 0;
  while (*text) {
    int size = (int)strcspn(text, " ");
    if (column && column + 1 + size > WIDTH - indent) {
      putchar('\n');
      column = 0;
    }
    column += printf("%*s%.*s", column ? 1 : indent, "", size, text) - (column ? 0 : indent);
    text += size + (text[size] == ' ');
  }
  putchar('\n');
}

static const char *type_name(const ProtobufCFieldDescriptor *field) {
  static const char *const names[] = {
      [PROTOBUF_C_TYPE_INT32] = "number",           [PROTOBUF_C_TYPE_SINT32] = "number",
      [PROTOBUF_C_TYPE_SFIXED32] = "number",        [PROTOBUF_C_TYPE_INT64] = "number, as text",
      [PROTOBUF_C_TYPE_SINT64] = "number, as text", [PROTOBUF_C_TYPE_SFIXED64] = "number, as text",
      [PROTOBUF_C_TYPE_UINT32] = "number",          [PROTOBUF_C_TYPE_FIXED32] = "number",
      [PROTOBUF_C_TYPE_UINT64] = "number, as text", [PROTOBUF_C_TYPE_FIXED64] = "number, as text",
      [PROTOBUF_C_TYPE_FLOAT] = "number",           [PROTOBUF_C_TYPE_DOUBLE] = "number",
      [PROTOBUF_C_TYPE_BOOL] = "true or false",     [PROTOBUF_C_TYPE_STRING] = "text",
      [PROTOBUF_C_TYPE_BYTES] = "bytes, base64",
  };
  if (field->type == PROTOBUF_C_TYPE_ENUM) return ((const ProtobufCEnumDescriptor *)field->descriptor)->short_name;
  if (field->type == PROTOBUF_C_TYPE_MESSAGE)
    return ((const ProtobufCMessageDescriptor *)field->descriptor)->short_name;
  return names[field->type];
}

static void print_values(const ProtobufCEnumDescriptor *descriptor, int indent) {
  for (unsigned i = 0; i < descriptor->n_values; i++) {
    if (!descriptor->values[i].value) continue;
    printf("%*s%s  ", indent, "", descriptor->values[i].name);
    puts(prose_of_part(descriptor->name, descriptor->values[i].name));
  }
}

static void print_fields(const ProtobufCMessageDescriptor *descriptor, int indent, int depth) {
  char name[JSON_NAME_MAX];
  if (!descriptor->n_fields) printf("%*sNo fields.\n", indent, "");
  for (unsigned i = 0; i < descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    json_name(field->name, name);
    printf("%*s%s: %s%s\n", indent, "", name, repeated ? "list of " : "", type_name(field));
    print_wrapped(prose_of_part(descriptor->name, field->name), indent + 4);
    if (field->type == PROTOBUF_C_TYPE_ENUM) print_values(field->descriptor, indent + 4);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE && message_kind(field->descriptor) == MESSAGE_PLAIN && depth < DEPTH_MAX)
      print_fields(field->descriptor, indent + 4, depth + 1);
  }
}

static void print_example(const ProtobufCMessageDescriptor *descriptor, int depth);

static void print_example_value(const ProtobufCFieldDescriptor *field, int depth) {
  const ProtobufCEnumDescriptor *values = field->descriptor;
  switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
      size_t size = strlen(field->name);
      bool id = size >= 2 && !strcmp(field->name + size - 2, "id") && (size == 2 || field->name[size - 3] == '_');
      fputs(id ? "\"0195…\"" : "\"…\"", stdout);
      return;
    }
    case PROTOBUF_C_TYPE_BYTES:
      fputs("\"AAEC\"", stdout);
      return;
    case PROTOBUF_C_TYPE_BOOL:
      fputs("true", stdout);
      return;
    case PROTOBUF_C_TYPE_ENUM:
      printf("\"%s\"", values->values[values->n_values > 1].name);
      return;
    case PROTOBUF_C_TYPE_MESSAGE:
      print_example(field->descriptor, depth + 1);
      return;
    default:
      fputs("1", stdout);
  }
}

static void print_example(const ProtobufCMessageDescriptor *descriptor, int depth) {
  char name[JSON_NAME_MAX];
  switch (message_kind(descriptor)) {
    case MESSAGE_TIMESTAMP:
      fputs("\"2026-03-02T08:00:00Z\"", stdout);
      return;
    case MESSAGE_DURATION:
      fputs("\"90s\"", stdout);
      return;
    case MESSAGE_WRAPPER:
      print_example_value(&descriptor->fields[0], depth);
      return;
    default:
      break;
  }
  putchar('{');
  for (unsigned i = 0; i < descriptor->n_fields && depth <= DEPTH_MAX; i++) {
    const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    json_name(field->name, name);
    printf("%s\"%s\": %s", i ? ", " : "", name, repeated ? "[" : "");
    print_example_value(field, depth);
    if (repeated) putchar(']');
  }
  putchar('}');
}

static void print_callers(const struct method *method) {
  fputs("Who may call: ", stdout);
  if (method->anyone) fputs("anyone", stdout);
  const char *comma = "";
  for (unsigned i = 0; !method->anyone && i < pulih__role__descriptor.n_values; i++) {
    const ProtobufCEnumValue *role = &pulih__role__descriptor.values[i];
    if (!(method->roles & 1u << role->value)) continue;
    printf("%s%s", comma, enum_short_name(&pulih__role__descriptor, role->value));
    comma = ", ";
  }
  puts(method->read_only ? ". It changes nothing." : ".");
}

static void describe(const struct method *method) {
  printf("%s\n\n", method->name);
  print_wrapped(prose_of(method->name), 0);
  putchar('\n');
  print_callers(method);
  printf("\nRequest, %s:\n", method->input->short_name);
  print_fields(method->input, 2, 0);
  printf("\nResponse, %s:\n", method->output->short_name);
  print_fields(method->output, 2, 0);
  printf("\nExample:\n  pulih call %s '", strchr(method->name, '/') + 1);
  print_example(method->input, 0);
  puts("'");
}

static void list_json(const char *part) {
  for (size_t i = 0; i < catalogue.count; i++) {
    const struct method *method = &catalogue.methods[i];
    if (part && !strcasestr(method->name, part)) continue;
    printf("{\"method\":\"%s\",\"request\":\"%s\",\"response\":\"%s\",\"readOnly\":%s,\"prose\":", method->name,
           method->input->name, method->output->name, method->read_only ? "true" : "false");
    output_json_text(prose_of(method->name), stdout);
    puts("}");
  }
}

static size_t list(struct invocation *invocation, const char *part) {
  struct table table;
  size_t count = 0;
  table_init(&table, &invocation->arena, 2);
  table_row(&table, "METHOD", "WHAT IT DOES");
  for (size_t i = 0; i < catalogue.count; i++) {
    const char *name = catalogue.methods[i].name, *text = prose_of(name), *slash = strchr(name, '/');
    if (part && !strcasestr(name, part)) continue;
    while (slash > name && slash[-1] != '.') slash--;
    table_row(&table, slash, arena_printf(&invocation->arena, "%.*s", first_sentence(text), text));
    count++;
  }
  table_print(&table, stdout);
  return count;
}

enum outcome methods_run(struct invocation *invocation) {
  const char *name = invocation->words[0];
  const struct method *method;
  if (invocation->json) {
    list_json(name);
    return OUTCOME_OK;
  }
  if (name && method_fitting(&catalogue, name, &method) == 1) {
    describe(method);
    return OUTCOME_OK;
  }
  if (list(invocation, name)) return OUTCOME_OK;
  return method_by_name(&catalogue, name, &method, stderr);
}
