// The day's call sheet as a PDF for paper: A4, mono, the page's columns, order and words (services/gateway/web,
// officer/call_sheet.tsx), so that it is the same sheet whichever way it came. Pure: the same sheet gives the same
// bytes.
//
// It takes some ten milliseconds of a processor, so it runs beside the loop. Each rendering has its fonts to itself and
// gives them back; several may run at once.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "notifications_internal.pb-c.h"

enum { CALL_SHEET_LINES_MAX = 5000 };  // some 250 pages

// Whose sheet it is.
struct call_sheet_house {
  const char *foundation;  // or ""
  bool training;           // marked on every page
};

// -E2BIG for more lines than that, -ENOMEM. The bytes are the caller's to free.
int call_sheet_write(const Pulih__Notifications__Internal__V1__CallSheet *sheet, const struct call_sheet_house *house,
                     char **ret_pdf, size_t *ret_size);
