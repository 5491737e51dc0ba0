// The call sheet: how many pages it takes, what it does with text that doesn't fit, and that the same sheet gives the
// same bytes. What is on it is compared with the page's own paper in tests/browser.
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "notifications/call_sheet.h"

typedef Pulih__Notifications__Internal__V1__CallSheet CallSheet;
typedef Pulih__Notifications__Internal__V1__CallSheetLine CallSheetLine;
typedef Pulih__Notifications__Internal__V1__CallSheetOrder CallSheetOrder;

// One line, again and again: `blocks` of them, one after the other.
static CallSheet *make_sheet(size_t lines, size_t blocks, const char *name) {
  static char names[2][24] = {"Mawar", "Melati"};
  CallSheet *sheet = calloc(1, sizeof *sheet);
  pulih__notifications__internal__v1__call_sheet__init(sheet);
  sheet->language = "id";
  sheet->prison = "Lapas Kelas IIA Banyuwangi";
  sheet->zone_name = "WIB";
  sheet->day = "Selasa, 24 November 2026";
  sheet->iso_day = "2026-11-24";
  sheet->as_of = "Selasa, 24 November 2026, 06.00 WIB";
  sheet->lines = calloc(lines + 1, sizeof *sheet->lines);
  sheet->n_lines = lines;
  for (size_t i = 0; i < lines; i++) {
    CallSheetLine *line = sheet->lines[i] = calloc(1, sizeof *line);
    pulih__notifications__internal__v1__call_sheet_line__init(line);
    line->block = names[i * blocks / lines % 2];
    line->start_time = "09.00";
    line->end_time = "10.30";
    line->room_name = "Aula";
    line->component = "GROUP_COUNSELLING";
    line->participant_name = (char *)name;
    line->register_number = "B.I 101/2025";
    line->counsellor_names = "Sari Wulandari, Bayu Prakoso";
    if (i % 7 == 6) line->cancel_reason = "COUNSELLOR_ABSENT", line->cancel_note = "Sakit";
  }
  return sheet;
}

static void free_sheet(CallSheet *sheet) {
  for (size_t i = 0; i < sheet->n_lines; i++) free(sheet->lines[i]);
  free(sheet->lines);
  free(sheet);
}

struct bytes {
  char *data;
  size_t size;
};

static int draw(size_t lines, size_t blocks, const char *name, struct bytes *ret_pdf) {
  CallSheetOrder order = PULIH__NOTIFICATIONS__INTERNAL__V1__CALL_SHEET_ORDER__INIT;
  FILE *out = open_memstream(&ret_pdf->data, &ret_pdf->size);
  order.sheet = make_sheet(lines, blocks, name);
  order.foundation = "Yayasan Contoh";
  order.training = true;
  int error = call_sheet_write(&order, out);
  fclose(out);
  free_sheet(order.sheet);
  return error;
}

static struct bytes render(size_t lines, size_t blocks, const char *name) {
  struct bytes pdf;
  assert_int_equal(draw(lines, blocks, name, &pdf), 0);
  assert_memory_equal(pdf.data, "%PDF-1.", 7);
  return pdf;
}

static int pages_of(struct bytes pdf) {
  static const char sign[] = "/Type /Page ";
  int count = 0;
  for (char *at = pdf.data; (at = memmem(at, pdf.size - (size_t)(at - pdf.data), sign, sizeof sign - 1)); at++) count++;
  return count;
}

static int pages(size_t lines, size_t blocks, const char *name) {
  struct bytes pdf = render(lines, blocks, name);
  int count = pages_of(pdf);
  free(pdf.data);
  return count;
}

static void a_day_takes_the_pages_that_it_needs(void **state) {
  assert_int_equal(pages(0, 1, "Agus"), 1);
  assert_int_equal(pages(12, 3, "Agus"), 1);
  int forty = pages(40, 2, "Agus"), many = pages(1000, 20, "Agus");
  assert_in_range(forty, 2, 4);
  assert_in_range(many, 40, 70);
}

static void the_same_sheet_gives_the_same_bytes(void **state) {
  struct bytes one = render(60, 4, "عبد الرحمن بن محمد"), other = render(60, 4, "عبد الرحمن بن محمد");
  assert_int_equal(one.size, other.size);
  assert_memory_equal(one.data, other.data, one.size);
  free(one.data);
  free(other.data);
}

// Every row fits a page, whatever somebody called themselves.
static void a_name_without_an_end_takes_a_row_and_no_more(void **state) {
  char *endless = malloc(200001);
  memset(endless, 'W', 200000);
  endless[200000] = '\0';
  assert_in_range(pages(3, 1, endless), 2, 4);
  free(endless);
}

static void more_lines_than_a_day_can_have_are_refused(void **state) {
  struct bytes pdf;
  assert_int_equal(draw(CALL_SHEET_LINES_MAX + 1, 1, "Agus", &pdf), -E2BIG);
  assert_int_equal(pdf.size, 0);
  free(pdf.data);
}

RUN_TESTS(TEST(a_day_takes_the_pages_that_it_needs), TEST(the_same_sheet_gives_the_same_bytes),
          TEST(a_name_without_an_end_takes_a_row_and_no_more), TEST(more_lines_than_a_day_can_have_are_refused))
