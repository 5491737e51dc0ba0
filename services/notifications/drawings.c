#include "drawings.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"

// A sheet is 30 KB, and another one a minute later, since it says when it was made.
enum { KEPT_BYTES_MOST = 768 * 1024, KEEP_MS = 60000, KEY_BYTES = 32 };

struct drawing {
  struct list link;     // in `running`
  struct list waiting;  // of struct drawing_wanted
  struct drawings *drawings;
  unsigned char key[KEY_BYTES];  // BLAKE2b of what it is drawn from
  struct program_run run;
  uint64_t made_ms;
  int holders;  // its run, the list of those that are kept, and whoever wants it
  bool made;
};

static void let_go(struct drawing *drawing) {
  if (--drawing->holders) return;
  free(drawing->run.output);
  free(drawing);
}

static void forget_oldest(struct drawings *drawings) {
  struct drawing *drawing = drawings->kept[0];
  memmove(drawings->kept, drawings->kept + 1, (size_t)--drawings->kept_count * sizeof drawings->kept[0]);
  drawings->kept_bytes -= drawing->run.output_size;
  let_go(drawing);
}

static void forget_old(uv_timer_t *timer) {
  struct drawings *drawings = timer->data;
  while (drawings->kept_count) {
    uint64_t until_ms = drawings->kept[0]->made_ms + drawings->keep_ms, now_ms = uv_now(timer->loop);
    if (until_ms > now_ms) {
      uv_timer_start(timer, forget_old, until_ms - now_ms, 0);
      return;
    }
    forget_oldest(drawings);
  }
}

static void keep(struct drawings *drawings, struct drawing *drawing) {
  char *fitting = realloc(drawing->run.output, drawing->run.output_size);
  if (fitting) drawing->run.output = fitting;
  drawing->holders++;
  drawing->made_ms = uv_now(drawings->program->loop);
  if (drawings->kept_count == DRAWINGS_KEPT_MOST) forget_oldest(drawings);
  drawings->kept[drawings->kept_count++] = drawing;
  drawings->kept_bytes += drawing->run.output_size;
  while (drawings->kept_bytes > drawings->kept_bytes_most) forget_oldest(drawings);
  if (!uv_is_active((uv_handle_t *)&drawings->forget)) {
    uv_timer_start(&drawings->forget, forget_old, drawings->keep_ms, 0);
  }
}

static void give(struct drawing *drawing, struct drawing_wanted *wanted) {
  bool well = !*drawing->run.problem;
  wanted->problem = drawing->run.problem;
  wanted->data = well ? drawing->run.output : NULL;
  wanted->size = well ? drawing->run.output_size : 0;
  wanted->done(wanted);
}

static bool is_whole_pdf(const char *data, size_t size) {
  static const char first[] = "%PDF-", last[] = "%%EOF\n";
  return size > sizeof first + sizeof last && !memcmp(data, first, sizeof first - 1) &&
         !memcmp(data + size - (sizeof last - 1), last, sizeof last - 1);
}

// One that failed isn't kept: whoever wants it next has it drawn anew.
static void over(struct program_run *run) {
  struct drawing *drawing = run->owner;
  struct drawings *drawings = drawing->drawings;
  list_remove(&drawing->link);
  drawing->made = true;
  if (!*run->problem && !is_whole_pdf(run->output, run->output_size)) {
    snprintf(run->problem, sizeof run->problem, "gave something else than a PDF");
  }
  if (*run->problem) {
    drawings->failed++;
  } else {
    drawings->drawn++;
    keep(drawings, drawing);
  }
  while (!list_is_empty(&drawing->waiting)) {
    struct drawing_wanted *wanted = container_of(drawing->waiting.next, struct drawing_wanted, link);
    list_remove(&wanted->link);
    give(drawing, wanted);
  }
  let_go(drawing);
}

static struct drawing *find(const struct drawings *drawings, const unsigned char key[KEY_BYTES]) {
  for (int i = 0; i < drawings->kept_count; i++) {
    if (!memcmp(drawings->kept[i]->key, key, KEY_BYTES)) return drawings->kept[i];
  }
  for (struct list *link = drawings->running.next; link != &drawings->running; link = link->next) {
    struct drawing *drawing = container_of(link, struct drawing, link);
    if (!memcmp(drawing->key, key, KEY_BYTES)) return drawing;
  }
  return NULL;
}

static struct drawing *begin(struct drawings *drawings, const struct drawing_wanted *wanted) {
  struct drawing *drawing = calloc(1, sizeof *drawing);
  if (!drawing) abort();
  drawing->drawings = drawings;
  drawing->holders = 1;
  list_init(&drawing->waiting);
  list_append(&drawings->running, &drawing->link);
  drawing->run =
      (struct program_run){.input = wanted->input, .input_size = wanted->input_size, .done = over, .owner = drawing};
  return drawing;
}

void drawings_want(struct drawings *drawings, struct drawing_wanted *wanted) {
  unsigned char key[KEY_BYTES];
  crypto_generichash(key, sizeof key, wanted->input, wanted->input_size, NULL, 0);
  struct drawing *drawing = find(drawings, key);
  wanted->first = !drawing;
  if (drawing) {
    drawings->reused++;
  } else {
    drawing = begin(drawings, wanted);
    memcpy(drawing->key, key, sizeof key);
    program_start(drawings->program, &drawing->run);
  }
  drawing->holders++;
  wanted->drawing = drawing;
  if (drawing->made) {
    give(drawing, wanted);
  } else {
    list_append(&drawing->waiting, &wanted->link);
  }
}

void drawings_release(struct drawing_wanted *wanted) {
  if (wanted->drawing) let_go(wanted->drawing);
  wanted->drawing = NULL;
  wanted->data = NULL;
}

void drawings_init(struct drawings *drawings, struct program *program) {
  *drawings = (struct drawings){.program = program, .kept_bytes_most = KEPT_BYTES_MOST, .keep_ms = KEEP_MS};
  list_init(&drawings->running);
  uv_timer_init(program->loop, &drawings->forget);
  uv_unref((uv_handle_t *)&drawings->forget);
  drawings->forget.data = drawings;
}

static void timer_closed(uv_handle_t *handle) {
  struct drawings *drawings = handle->data;
  drawings->closed(drawings->owner);
}

void drawings_close(struct drawings *drawings, void (*closed)(void *owner), void *owner) {
  while (drawings->kept_count) forget_oldest(drawings);
  drawings->closed = closed;
  drawings->owner = owner;
  uv_close((uv_handle_t *)&drawings->forget, timer_closed);
}
