#include "template.h"

#include <stdbool.h>
#include <string.h>

struct rendering {
  const char *text;
  FILE *out;  // NULL when only checking
  size_t written;
  const json_t *scopes[TEMPLATE_DEPTH_MAX + 1];  // outermost first
  int depth;
  struct template_problem *problem;
};

struct tag {
  size_t start, end;  // of "{{…}}", its line included where a section mark stands alone
  char kind;          // '#', '^', '/' or 0
  char name[sizeof((struct template_problem){0}.name)];
};

static enum template_error render_range(struct rendering *rendering, size_t at, size_t end);

const char *template_error_text(enum template_error error) {
  switch (error) {
    case TEMPLATE_OK:
      return "fine";
    case TEMPLATE_UNKNOWN_FIELD:
      return "there is no such field";
    case TEMPLATE_WRONG_KIND:
      return "a list can't stand where a text is wanted, nor a text where a section is";
    case TEMPLATE_NOT_CLOSED:
      return "it isn't closed";
    case TEMPLATE_NOT_OPENED:
      return "it closes what isn't open";
    case TEMPLATE_TOO_DEEP:
      return "sections stand too deep in one another";
    case TEMPLATE_TOO_LONG:
      return "it is too long";
  }
  return "unknown";
}

static enum template_error fail(struct rendering *rendering, enum template_error error, size_t offset,
                                const char *name) {
  *rendering->problem = (struct template_problem){.error = error, .offset = offset};
  snprintf(rendering->problem->name, sizeof rendering->problem->name, "%s", name);
  return error;
}

// A section mark that has its line to itself takes the line's blanks and its end with it.
static void widen_to_line(const char *text, size_t limit, struct tag *tag) {
  size_t start = tag->start, end = tag->end;
  while (start > 0 && (text[start - 1] == ' ' || text[start - 1] == '\t')) start--;
  while (end < limit && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r')) end++;
  bool begins = start == 0 || text[start - 1] == '\n';
  if (!begins || (end < limit && text[end] != '\n')) return;
  tag->start = start;
  tag->end = end < limit ? end + 1 : end;
}

// The next tag in [at, end). `ret_found` is false when there is none.
static enum template_error next_tag(struct rendering *rendering, size_t at, size_t end, struct tag *tag,
                                    bool *ret_found) {
  const char *text = rendering->text;
  const char *open = memmem(text + at, end - at, "{{", 2);
  *ret_found = open != NULL;
  if (!open) return TEMPLATE_OK;
  *tag = (struct tag){.start = (size_t)(open - text)};
  const char *name = open + 2;
  const char *close = memmem(name, end - (size_t)(name - text), "}}", 2);
  if (!close) return fail(rendering, TEMPLATE_NOT_CLOSED, tag->start, "{{");
  tag->end = (size_t)(close + 2 - text);
  if (name < close && strchr("#^/", *name)) tag->kind = *name++;
  while (name < close && *name == ' ') name++;
  while (name < close && close[-1] == ' ') close--;
  size_t length = (size_t)(close - name);
  if (length >= sizeof tag->name) length = sizeof tag->name - 1;
  memcpy(tag->name, name, length);
  if (tag->kind) widen_to_line(text, strlen(text), tag);
  return TEMPLATE_OK;
}

// The end mark of the section that `open` begins, past sections of the same name inside it.
static enum template_error find_close(struct rendering *rendering, const struct tag *open, size_t end,
                                      struct tag *ret_close) {
  int inner = 0;
  for (size_t at = open->end;;) {
    bool found;
    enum template_error error = next_tag(rendering, at, end, ret_close, &found);
    if (error) return error;
    if (!found) return fail(rendering, TEMPLATE_NOT_CLOSED, open->start, open->name);
    at = ret_close->end;
    if (!ret_close->kind || strcmp(ret_close->name, open->name) != 0) continue;
    if (ret_close->kind != '/') {
      inner++;
    } else if (inner-- == 0) {
      return TEMPLATE_OK;
    }
  }
}

static enum template_error write_text(struct rendering *rendering, const char *text, size_t size, size_t offset) {
  rendering->written += size;
  if (rendering->written > TEMPLATE_OUTPUT_MAX) return fail(rendering, TEMPLATE_TOO_LONG, offset, "");
  if (rendering->out) fwrite(text, 1, size, rendering->out);
  return TEMPLATE_OK;
}

static const json_t *find_field(const struct rendering *rendering, const char *name) {
  for (int i = rendering->depth; i >= 0; i--) {
    const json_t *value = json_object_get(rendering->scopes[i], name);
    if (value) return value;
  }
  return NULL;
}

static enum template_error render_field(struct rendering *rendering, const struct tag *tag) {
  const json_t *value = find_field(rendering, tag->name);
  if (!value) return fail(rendering, TEMPLATE_UNKNOWN_FIELD, tag->start, tag->name);
  if (json_is_string(value)) {
    return write_text(rendering, json_string_value(value), json_string_length(value), tag->start);
  }
  if (!json_is_integer(value)) return fail(rendering, TEMPLATE_WRONG_KIND, tag->start, tag->name);
  char number[24];
  int length = snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
  return write_text(rendering, number, (size_t)length, tag->start);
}

static enum template_error render_section(struct rendering *rendering, const struct tag *open,
                                          const struct tag *close) {
  const json_t *value = find_field(rendering, open->name);
  if (!value) return fail(rendering, TEMPLATE_UNKNOWN_FIELD, open->start, open->name);
  if (!json_is_array(value) && !json_is_boolean(value)) {
    return fail(rendering, TEMPLATE_WRONG_KIND, open->start, open->name);
  }
  if (rendering->depth == TEMPLATE_DEPTH_MAX) return fail(rendering, TEMPLATE_TOO_DEEP, open->start, open->name);
  bool checking = !rendering->out;
  bool holds = json_is_true(value) || json_array_size(value) > 0;
  bool once = open->kind == '^' || json_is_boolean(value);
  enum template_error error = TEMPLATE_OK;
  int depth = ++rendering->depth;
  if (!once) {
    for (size_t i = 0; i < json_array_size(value) && !error; i++) {
      rendering->scopes[depth] = json_array_get(value, i);
      error = render_range(rendering, open->end, close->start);
    }
  } else if (checking || holds == (open->kind == '#')) {
    rendering->scopes[depth] = rendering->scopes[depth - 1];
    error = render_range(rendering, open->end, close->start);
  }
  rendering->depth--;
  return error;
}

static enum template_error render_range(struct rendering *rendering, size_t at, size_t end) {
  for (;;) {
    struct tag tag, close;
    bool found;
    enum template_error error = next_tag(rendering, at, end, &tag, &found);
    if (error) return error;
    if (!found) return write_text(rendering, rendering->text + at, end - at, at);
    error = write_text(rendering, rendering->text + at, tag.start - at, at);
    if (error) return error;
    at = tag.end;
    if (tag.kind == '/') return fail(rendering, TEMPLATE_NOT_OPENED, tag.start, tag.name);
    if (!tag.kind) {
      error = render_field(rendering, &tag);
    } else {
      error = find_close(rendering, &tag, end, &close);
      if (!error) error = render_section(rendering, &tag, &close);
      if (!error) at = close.end;
    }
    if (error) return error;
  }
}

static enum template_error run(const char *text, const json_t *fields, FILE *out,
                               struct template_problem *ret_problem) {
  struct template_problem problem;
  struct rendering rendering = {
      .text = text, .out = out, .scopes = {fields}, .problem = ret_problem ? ret_problem : &problem};
  size_t size = strlen(text);
  if (size > TEMPLATE_TEXT_MAX) return fail(&rendering, TEMPLATE_TOO_LONG, 0, "");
  return render_range(&rendering, 0, size);
}

enum template_error template_render(const char *text, const json_t *fields, FILE *out,
                                    struct template_problem *ret_problem) {
  return run(text, fields, out, ret_problem);
}

enum template_error template_check(const char *text, const json_t *example, struct template_problem *ret_problem) {
  return run(text, example, NULL, ret_problem);
}
