// Any mail as a delivery report: what comes out is text within its limits, about a delivery.
#include <assert.h>
#include <string.h>

#include "delivery_report.h"
#include "fuzz.h"

static void assert_printable(const char *text, size_t room) {
  assert(strnlen(text, room) < room);
  for (const char *c = text; *c; c++) assert(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct delivery_report report;
  if (!delivery_report_read(data, size, &report)) return 0;
  assert(strlen(report.delivery_id) == 36);
  assert(report.recipient_count >= 1 && report.recipient_count <= REPORT_RECIPIENTS_MAX);
  for (size_t i = 0; i < report.recipient_count; i++) {
    assert_printable(report.recipients[i].address, REPORT_ADDRESS_SIZE);
    assert_printable(report.recipients[i].status, REPORT_STATUS_SIZE);
    assert_printable(report.recipients[i].diagnostic, REPORT_DIAGNOSTIC_SIZE);
  }
  return 0;
}
