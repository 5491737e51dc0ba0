// pulih-call-sheet: takes a CallSheetOrder on its standard input and gives the PDF on its standard output. It is a
// program of its own so that the service, which runs all day, carries no fonts.
#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "call_sheet.h"
#include "message/message.h"

typedef Pulih__Notifications__Internal__V1__CallSheetOrder CallSheetOrder;

enum { ORDER_BYTES_MAX = 8 * 1024 * 1024, ARENA_BYTES = 4 * ORDER_BYTES_MAX, LIFE_SECONDS = 60 };

static const CallSheetOrder *read_order(struct arena *arena) {
  struct status status;
  char *data = arena_alloc(arena, ORDER_BYTES_MAX);
  size_t size = data ? fread(data, 1, ORDER_BYTES_MAX, stdin) : 0;
  if (!size || ferror(stdin) || !feof(stdin)) return NULL;
  const ProtobufCMessageDescriptor *descriptor = &pulih__notifications__internal__v1__call_sheet_order__descriptor;
  const CallSheetOrder *order = (const CallSheetOrder *)message_unpack(descriptor, data, size, arena, &status);
  return order && order->sheet ? order : NULL;
}

int main(int argc, char **argv) {
  struct arena arena;
  if (argc > 1 || isatty(STDIN_FILENO)) {
    fputs("pulih-call-sheet is run by pulih-notifications, to draw a call sheet: order in, PDF out\n", stderr);
    return EX_USAGE;
  }
  close_range(STDERR_FILENO + 1, ~0U, 0);  // what the service has open is nothing to us
  alarm(LIFE_SECONDS);                     // should the service that would end us be gone
  arena_init(&arena, ARENA_BYTES);
  const CallSheetOrder *order = read_order(&arena);
  int error = order ? call_sheet_write(order, stdout) : -EBADMSG;
  _exit(!error ? EX_OK : error == -EIO ? EX_IOERR : EX_DATAERR);  // fontconfig's memory goes with the process
}
