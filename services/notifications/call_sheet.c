#include "call_sheet.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef Pulih__Notifications__Internal__V1__CallSheet CallSheet;
typedef Pulih__Notifications__Internal__V1__CallSheetLine CallSheetLine;
typedef Pulih__Notifications__Internal__V1__CallSheetOrder CallSheetOrder;

// All lengths are in points of 1/72 inch; A4 is 210 × 297 mm.
#define MM (72.0 / 25.4)
#define PAGE_WIDTH (210 * MM)
#define PAGE_HEIGHT (297 * MM)
#define LEFT (12 * MM)
#define TOP (12 * MM)
#define BOTTOM (PAGE_HEIGHT - 14 * MM)
#define PAD_X (1.5 * MM)
#define PAD_Y (1.2 * MM)
#define LINE_WIDTH (0.3 * MM)
#define BOX (4.5 * MM)
#define ADDED_HEIGHT (9 * MM)
#define NOTES_HEIGHT (32 * MM)
// No cell is higher, whatever stands in it, so that every row fits a page.
#define CELL_HEIGHT_MOST (120 * MM)
#define GREY 0.894

enum { TITLE_PT = 13, TEXT_PT = 10, SMALL_PT = 8, ADDED_ROWS = 3 };
enum column { COLUMN_TIME, COLUMN_PERSON, COLUMN_WHERE, COLUMN_THERE, COLUMN_SIGNATURE, COLUMNS };

static const double widths[COLUMNS] = {25 * MM, 57 * MM, 57 * MM, 13 * MM, 34 * MM};
#define WIDTH (186 * MM)

// The sheet is drawn twice: at first only to see how many pages it has.
struct paper {
  const CallSheetOrder *order;
  const CallSheet *sheet;
  cairo_t *cairo;
  PangoContext *fonts;
  bool shows;
  int page, pages;
  double y;  // where the next row begins
};

// A text in a cell: `small` is smaller and in a line of its own.
struct text {
  const char *main, *small;
  bool bold, struck;
  int size_pt;
};

static const char *word(const struct paper *paper, const char *key) {
  static const struct {
    const char *key, *words[2];
  } words[] = {
#define WORD(key, indonesian, english) {key, {indonesian, english}},
#include "call_sheet_words.def"
#undef WORD
  };
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (!strcmp(words[i].key, key)) return words[i].words[!strcmp(paper->sheet->language, "en")];
  return key;
}

// "component.", "FAMILY". The value itself where there is no word for it.
static const char *word_of(const struct paper *paper, const char *family, const char *value) {
  char key[80];
  snprintf(key, sizeof key, "%s%s", family, value);
  const char *words = word(paper, key);
  return words == key ? value : words;
}

// The words with their "{…}" filled in; to be freed with g_free().
static char *filled(const struct paper *paper, const char *key, const char *value) {
  const char *words = word(paper, key), *begin = strchr(words, '{'), *end = strchr(words, '}');
  return g_strdup_printf("%.*s%s%s", (int)(begin - words), words, value, end + 1);
}

// Text
// ------------------------------------------------------------------------------------------------------

static void add_attribute(PangoAttrList *list, PangoAttribute *attribute, size_t begin, size_t end) {
  attribute->start_index = (guint)begin;
  attribute->end_index = (guint)end;
  pango_attr_list_insert(list, attribute);
}

// To be unreferenced. A name from right to left stands in its place in the column like every other.
static PangoLayout *lay_out(const struct paper *paper, double width, const struct text *text) {
  PangoLayout *layout = pango_layout_new(paper->fonts);
  bool has_small = text->small && *text->small;
  char *whole = g_strconcat(text->main, has_small && *text->main ? "\n" : "", has_small ? text->small : "", NULL);
  size_t main_size = strlen(text->main), size = strlen(whole);
  PangoAttrList *list = pango_attr_list_new();
  add_attribute(list, pango_attr_size_new((text->size_pt ? text->size_pt : TEXT_PT) * PANGO_SCALE), 0, main_size);
  add_attribute(list, pango_attr_size_new(SMALL_PT * PANGO_SCALE), main_size, size);
  add_attribute(list, pango_attr_insert_hyphens_new(FALSE), 0, size);
  if (text->bold) add_attribute(list, pango_attr_weight_new(PANGO_WEIGHT_BOLD), 0, main_size);
  if (text->struck) add_attribute(list, pango_attr_strikethrough_new(TRUE), 0, main_size);
  pango_layout_set_text(layout, whole, -1);
  pango_layout_set_attributes(layout, list);
  pango_layout_set_auto_dir(layout, FALSE);
  pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_height(layout, (int)(CELL_HEIGHT_MOST * PANGO_SCALE));
  pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
  pango_attr_list_unref(list);
  g_free(whole);
  return layout;
}

static double height_of(PangoLayout *layout) {
  int height;
  pango_layout_get_size(layout, NULL, &height);
  return (double)height / PANGO_SCALE;
}

static void show(const struct paper *paper, PangoLayout *layout, double x, double y) {
  if (!paper->shows) return;
  cairo_move_to(paper->cairo, x, y);
  pango_cairo_show_layout(paper->cairo, layout);
}

// Gives its height.
static double write_text(const struct paper *paper, double x, double y, double width, PangoAlignment alignment,
                         const struct text *text) {
  PangoLayout *layout = lay_out(paper, width, text);
  pango_layout_set_alignment(layout, alignment);
  double height = height_of(layout);
  show(paper, layout, x, y);
  g_object_unref(layout);
  return height;
}

static void draw_box(const struct paper *paper, double x, double y, double width, double height) {
  if (!paper->shows) return;
  cairo_rectangle(paper->cairo, x, y, width, height);
  cairo_stroke(paper->cairo);
}

// Pages
// -----------------------------------------------------------------------------------------------------

// A row of the table at paper->y, without a text where there is none; gives its height. `height`: at least so high.
static double row_height(struct paper *paper, const struct text texts[COLUMNS], PangoLayout *layouts[COLUMNS],
                         double height) {
  for (int i = 0; i < COLUMNS; i++) {
    layouts[i] = texts[i].main ? lay_out(paper, widths[i] - 2 * PAD_X, &texts[i]) : NULL;
    if (layouts[i] && height_of(layouts[i]) + 2 * PAD_Y > height) height = height_of(layouts[i]) + 2 * PAD_Y;
  }
  return height;
}

static void draw_row(struct paper *paper, PangoLayout *layouts[COLUMNS], double height, bool ticked) {
  double x = LEFT;
  for (int i = 0; i < COLUMNS; i++) {
    draw_box(paper, x, paper->y, widths[i], height);
    if (i == COLUMN_THERE && ticked)
      draw_box(paper, x + (widths[i] - BOX) / 2, paper->y + (height - BOX) / 2, BOX, BOX);
    if (layouts[i]) {
      show(paper, layouts[i], x + PAD_X, paper->y + PAD_Y);
      g_object_unref(layouts[i]);
    }
    x += widths[i];
  }
  paper->y += height;
}

static void write_head(struct paper *paper, const char *line, bool bold, int size_pt) {
  if (*line)
    paper->y += write_text(paper, LEFT, paper->y, WIDTH, PANGO_ALIGN_LEFT,
                           &(struct text){.main = line, .bold = bold, .size_pt = size_pt});
}

static void write_training(struct paper *paper) {
  PangoLayout *layout = lay_out(paper, WIDTH, &(struct text){.main = word(paper, "app.training"), .bold = true});
  int width;
  pango_layout_get_size(layout, &width, NULL);
  draw_box(paper, LEFT, paper->y, (double)width / PANGO_SCALE + 4 * MM, height_of(layout) + MM);
  show(paper, layout, LEFT + 2 * MM, paper->y + 0.5 * MM);
  paper->y += height_of(layout) + 1.5 * MM;
  g_object_unref(layout);
}

// Whose day it is, which page, and the names of the columns.
static void begin_page(struct paper *paper) {
  const CallSheet *sheet = paper->sheet;
  if (paper->page++ && paper->shows) cairo_show_page(paper->cairo);
  paper->y = TOP;
  char *title = g_strdup_printf("%s · %s · %s", word(paper, "officer.sheet"), sheet->day, sheet->zone_name);
  char *whose = g_strjoin(*paper->order->foundation ? " · " : "", sheet->prison, paper->order->foundation, NULL);
  char *as_of = filled(paper, "sheet.as_of", sheet->as_of);
  char *number = g_strdup_printf("%d / %d", paper->page, paper->pages);
  write_head(paper, title, true, TITLE_PT);
  write_head(paper, whose, false, TEXT_PT);
  if (paper->order->training) write_training(paper);
  write_head(paper, as_of, false, SMALL_PT);
  paper->y += 2 * MM;
  const struct text small = {.main = "Pulih", .size_pt = SMALL_PT}, page = {.main = number, .size_pt = SMALL_PT};
  write_text(paper, LEFT, BOTTOM + 3 * MM, WIDTH, PANGO_ALIGN_LEFT, &small);
  write_text(paper, LEFT, BOTTOM + 3 * MM, WIDTH, PANGO_ALIGN_RIGHT, &page);
  const struct text names[COLUMNS] = {{word(paper, "officer.sheet.time"), .bold = true},
                                      {word(paper, "officer.sheet.person"), .bold = true},
                                      {word(paper, "officer.sheet.where"), .bold = true},
                                      {word(paper, "officer.sheet.there"), .bold = true},
                                      {word(paper, "officer.sheet.signature"), .bold = true}};
  PangoLayout *layouts[COLUMNS];
  double height = row_height(paper, names, layouts, 0);
  draw_row(paper, layouts, height, false);
  g_free(title);
  g_free(whose);
  g_free(as_of);
  g_free(number);
}

// The grey row above a block's lines.
static double draw_block(struct paper *paper, const char *heading) {
  PangoLayout *layout = lay_out(paper, WIDTH - 2 * PAD_X, &(struct text){.main = heading, .bold = true});
  double height = height_of(layout) + 2 * PAD_Y;
  if (paper->shows) {
    cairo_set_source_rgb(paper->cairo, GREY, GREY, GREY);
    cairo_rectangle(paper->cairo, LEFT, paper->y, WIDTH, height);
    cairo_fill(paper->cairo);
    cairo_set_source_rgb(paper->cairo, 0, 0, 0);
  }
  draw_box(paper, LEFT, paper->y, WIDTH, height);
  show(paper, layout, LEFT + PAD_X, paper->y + PAD_Y);
  g_object_unref(layout);
  paper->y += height;
  return height;
}

// The sheet
// -------------------------------------------------------------------------------------------------

// "Blok Mawar · 12 orang": who is expected, of the lines from here on that are in one block.
static char *block_heading(const struct paper *paper, size_t first) {
  const CallSheet *sheet = paper->sheet;
  const char *block = sheet->lines[first]->block;
  int count = 0;
  for (size_t i = first; i < sheet->n_lines && !strcmp(sheet->lines[i]->block, block); i++)
    count += !*sheet->lines[i]->cancel_reason;
  char number[16];
  snprintf(number, sizeof number, "%d", count);
  char *name = *block ? filled(paper, "officer.block", block) : g_strdup(word(paper, "officer.block.unknown"));
  char *people = filled(paper, "officer.people.count", number);
  char *heading = g_strconcat(name, " · ", people, NULL);
  g_free(name);
  g_free(people);
  return heading;
}

// `heading` stands above the line when it is the block's first, or the page's.
static void draw_line(struct paper *paper, const CallSheetLine *line, const char *heading, bool first) {
  bool gone = *line->cancel_reason;
  char *time = g_strdup_printf("%s–%s", line->start_time, line->end_time);
  char *where = g_strdup_printf("%s · %s", line->room_name, word_of(paper, "component.", line->component));
  char *why =
      g_strdup_printf("%s: %s%s%s%s", word(paper, "officer.cancelled"), word_of(paper, "cancel.", line->cancel_reason),
                      *line->cancel_note ? " (" : "", line->cancel_note, *line->cancel_note ? ")" : "");
  const struct text texts[COLUMNS] = {{time, .struck = gone},
                                      {line->participant_name, line->register_number, .bold = true, .struck = gone},
                                      {where, gone ? why : line->counsellor_names, .struck = gone},
                                      {NULL},
                                      {NULL}};
  PangoLayout *layouts[COLUMNS];
  double height = row_height(paper, texts, layouts, 0);
  // A heading is never the last thing on a page.
  double needed = height + (first ? TEXT_PT * 2 + 2 * PAD_Y : 0);
  bool new_page = paper->y + needed > BOTTOM;
  if (new_page) begin_page(paper);
  if (first || new_page) draw_block(paper, heading);
  draw_row(paper, layouts, height, !gone);
  g_free(time);
  g_free(where);
  g_free(why);
}

static void draw_added(struct paper *paper) {
  if (paper->y + ADDED_ROWS * ADDED_HEIGHT + TEXT_PT * 2 > BOTTOM) begin_page(paper);
  draw_block(paper, word(paper, "officer.sheet.added"));
  PangoLayout *nothing[COLUMNS] = {0};
  for (int i = 0; i < ADDED_ROWS; i++) draw_row(paper, nothing, ADDED_HEIGHT, true);
}

static void draw_notes(struct paper *paper) {
  if (paper->y + 2 * MM + NOTES_HEIGHT > BOTTOM) begin_page(paper);
  paper->y += 2 * MM;
  draw_box(paper, LEFT, paper->y, WIDTH, NOTES_HEIGHT);
  write_text(paper, LEFT + 2 * MM, paper->y + 2 * MM, WIDTH, PANGO_ALIGN_LEFT,
             &(struct text){.main = word(paper, "officer.sheet.notes")});
}

static void draw_sheet(struct paper *paper, bool shows) {
  const CallSheet *sheet = paper->sheet;
  char *heading = NULL;
  paper->shows = shows;
  paper->page = 0;
  begin_page(paper);
  for (size_t i = 0; i < sheet->n_lines; i++) {
    bool first = !i || strcmp(sheet->lines[i]->block, sheet->lines[i - 1]->block) != 0;
    if (first) {
      g_free(heading);
      heading = block_heading(paper, i);
    }
    draw_line(paper, sheet->lines[i], heading, first);
  }
  g_free(heading);
  draw_added(paper);
  draw_notes(paper);
  paper->pages = paper->page;
}

// --- the file

static cairo_status_t take_bytes(void *file, const unsigned char *bytes, unsigned size) {
  return fwrite(bytes, 1, size, file) == size ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_surface_t *open_pdf(const CallSheetOrder *order, FILE *out) {
  cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take_bytes, out, PAGE_WIDTH, PAGE_HEIGHT);
  char *created = g_strconcat(order->sheet->iso_day, "T00:00:00Z", NULL);  // or it would be the machine's time
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, order->foundation);
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Pulih");
  g_free(created);
  return surface;
}

// Fonts of its own, measured in points and not fitted to a screen.
static PangoContext *open_fonts(PangoFontMap *map) {
  pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);
  PangoContext *context = pango_font_map_create_context(map);
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context, options);
  pango_context_set_round_glyph_positions(context, FALSE);
  PangoFontDescription *family = pango_font_description_from_string("Liberation Sans, DejaVu Sans, sans-serif");
  pango_context_set_font_description(context, family);
  pango_font_description_free(family);
  cairo_font_options_destroy(options);
  return context;
}

int call_sheet_write(const CallSheetOrder *order, FILE *out) {
  if (order->sheet->n_lines > CALL_SHEET_LINES_MAX) return -E2BIG;
  cairo_surface_t *surface = open_pdf(order, out);
  PangoFontMap *map = pango_cairo_font_map_new();
  struct paper paper = {
      .order = order, .sheet = order->sheet, .cairo = cairo_create(surface), .fonts = open_fonts(map)};
  cairo_set_line_width(paper.cairo, LINE_WIDTH);
  draw_sheet(&paper, false);
  draw_sheet(&paper, true);
  cairo_destroy(paper.cairo);
  cairo_surface_finish(surface);
  bool failed = cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS;
  cairo_surface_destroy(surface);
  g_object_unref(paper.fonts);
  g_object_unref(map);
  return failed || fflush(out) ? -EIO : 0;
}
