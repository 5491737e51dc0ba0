// The day's call sheet as a PDF for paper: A4, mono, the page's columns, order and words (services/gateway/web,
// officer/call_sheet.tsx), so that it is the same sheet whichever way it came. Pure: the same order gives the same
// bytes.
#pragma once

#include <stdio.h>

#include "notifications_internal.pb-c.h"

enum { CALL_SHEET_LINES_MAX = 5000 };  // some 250 pages

// -E2BIG for more lines than that, -EIO when it can't be written or memory is out.
int call_sheet_write(const Pulih__Notifications__Internal__V1__CallSheetOrder *order, FILE *out);
