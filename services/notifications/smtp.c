#include "smtp.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtp_curl.h"

enum { REPLY_MAX = 4096, COMMANDS_MAX = 600, RESET_TIMEOUT_MS = 5000 };

enum connection_state {
  CONNECTION_OPENING,
  CONNECTION_IDLE,
  CONNECTION_SAID_MAIL,  // and waits for the reply; so do the next three
  CONNECTION_SAID_RCPT,
  CONNECTION_SAID_DATA,
  CONNECTION_SAID_ALL,
  CONNECTION_SAID_RSET,  // its mail was refused, another may follow; said once nothing is owed
};

// A connection and the mail on it. Lives until its two handles are closed.
struct connection {
  struct smtp_line line;
  struct smtp *smtp;
  enum connection_state state;
  struct smtp_mail *mail;  // NULL when idle or behind a refused one
  bool used;               // has carried a mail before
  bool polled;             // the poll handle is one
  int events;              // that it waits for
  uv_poll_t poll;
  uv_timer_t deadline;
  int handles;  // still to be closed
  int owed;     // replies to what was said behind the command whose reply is awaited
  char *out;    // what is being said
  size_t out_size, out_said;
  char in[REPLY_MAX];
  size_t in_size;
  struct connection *next;
};

struct smtp {
  uv_loop_t *loop;
  const struct smtp_settings *settings;
  struct smtp_curl *curl;
  struct connection *connections;
  int closing;
  bool ending;
  void (*destroyed)(void *owner);
  void *owner;
};

static void open_connection(struct smtp *smtp, struct smtp_mail *mail);
static void deadline_due(uv_timer_t *timer);
__attribute__((format(printf, 3, 4))) static void say_command(struct connection *connection,
                                                              enum connection_state state, const char *format, ...);

// --- the end of a connection and of a mail
// ----------------------------------------------------------------------------

static void destroy_when_closed(struct smtp *smtp) {
  if (!smtp->ending || smtp->closing > 0) return;
  smtp_curl_destroy(smtp->curl, smtp->destroyed, smtp->owner);
  free(smtp);
}

static void handle_closed(uv_handle_t *handle) {
  struct connection *connection = handle->data;
  if (--connection->handles > 0) return;
  struct smtp *smtp = connection->smtp;
  free(connection->out);
  free(connection);
  smtp->closing--;
  destroy_when_closed(smtp);
}

static void close_connection(struct connection *connection) {
  struct smtp *smtp = connection->smtp;
  struct connection **place = &smtp->connections;
  while (*place != connection) place = &(*place)->next;
  *place = connection->next;
  smtp->closing++;
  connection->handles = connection->polled ? 2 : 1;
  uv_close((uv_handle_t *)&connection->deadline, handle_closed);
  if (connection->polled) uv_close((uv_handle_t *)&connection->poll, handle_closed);
  smtp_line_close(smtp->curl, &connection->line);
}

static void end_mail(struct connection *connection, const struct smtp_result *result) {
  struct smtp_mail *mail = connection->mail;
  connection->mail = NULL;
  uv_timer_stop(&connection->deadline);
  connection->used = true;
  if (result->end == SMTP_TAKEN && connection->in_size == 0) {
    connection->state = CONNECTION_IDLE;
  } else if (result->code && result->end != SMTP_NO_SERVER && connection->out_said == connection->out_size) {
    uv_timer_start(&connection->deadline, deadline_due, RESET_TIMEOUT_MS, 0);
    connection->state = CONNECTION_SAID_RSET;
    if (!connection->owed) say_command(connection, CONNECTION_SAID_RSET, "RSET\r\n");
  } else {
    close_connection(connection);
  }
  mail->done(mail, result);
}

// Up to RCPT it is the server's as a whole, from there on the answer says whose. On a kept connection what comes before
// is nobody's, for a server may have enough of one when it likes: then a new one is tried.
static void fail_mail(struct connection *connection, int code, const char *answer) {
  struct smtp_result result = {.code = code};
  struct smtp_meaning meaning = {.end = SMTP_NO_SERVER};
  if (connection->state > CONNECTION_SAID_MAIL) meaning = smtp_answer_meaning(code, answer);
  result.end = meaning.end;
  result.blame = meaning.blame;
  snprintf(result.answer, sizeof result.answer, "%s", answer);
  if (connection->state <= CONNECTION_SAID_MAIL && connection->used) {
    struct smtp *smtp = connection->smtp;
    struct smtp_mail *mail = connection->mail;
    close_connection(connection);
    open_connection(smtp, mail);
    return;
  }
  end_mail(connection, &result);
}

// --- the dialogue
// -----------------------------------------------------------------------------------------------------

static void connection_ready(uv_poll_t *poll, int status, int events);

static bool listen_and_speak(struct connection *connection) {
  int events = UV_READABLE | (connection->out_said < connection->out_size ? UV_WRITABLE : 0);
  if (events == connection->events) return true;
  connection->events = events;
  return uv_poll_start(&connection->poll, events, connection_ready) == 0;
}

// False when the connection is over.
static bool speak(struct connection *connection) {
  ptrdiff_t said = smtp_line_write(&connection->line, connection->out + connection->out_said,
                                   connection->out_size - connection->out_said);
  if (said < 0) return false;
  connection->out_said += (size_t)said;
  return listen_and_speak(connection);
}

// Takes `text`. Where it can't be said at once, the socket will tell when or why.
static void say(struct connection *connection, enum connection_state state, char *text, size_t size) {
  free(connection->out);
  connection->out = text;
  connection->out_size = size;
  connection->out_said = 0;
  connection->state = state;
  if (!speak(connection)) listen_and_speak(connection);
}

static void say_command(struct connection *connection, enum connection_state state, const char *format, ...) {
  char *text = malloc(COMMANDS_MAX);
  if (!text) abort();
  va_list values;
  va_start(values, format);
  int size = vsnprintf(text, COMMANDS_MAX, format, values);
  va_end(values);
  assert(size < COMMANDS_MAX);  // addresses are at most 254 bytes
  say(connection, state, text, (size_t)size);
}

// A dot at the start of a line is doubled, a dot alone ends it (RFC 5321 4.5.2).
static void say_data(struct connection *connection) {
  static const char end[] = "\r\n.\r\n";
  const struct smtp_mail *mail = connection->mail;
  size_t lines = 0;
  for (const char *at = mail->data; (at = memchr(at, '\n', (size_t)(mail->data + mail->size - at))); at++) lines++;
  char *text = malloc(mail->size + lines + 1 + sizeof end), *to = text;
  if (!text) abort();
  for (const char *line = mail->data, *stop = line + mail->size; line < stop;) {
    const char *break_at = memchr(line, '\n', (size_t)(stop - line));
    size_t size = break_at ? (size_t)(break_at - line) + 1 : (size_t)(stop - line);
    if (*line == '.') *to++ = '.';
    to = mempcpy(to, line, size);
    line += size;
  }
  bool line_starts = to > text && to[-1] == '\n';
  to = stpcpy(to, line_starts ? end + 2 : end);
  say(connection, CONNECTION_SAID_ALL, text, (size_t)(to - text));
}

// Where the server knows PIPELINING (RFC 2920), all up to the text is said at once: that saves two ways to and fro.
static void begin_mail(struct connection *connection) {
  const struct smtp_mail *mail = connection->mail;
  connection->owed = connection->line.pipelining ? 2 : 0;
  if (connection->owed) {
    say_command(connection, CONNECTION_SAID_MAIL, "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", mail->from, mail->to);
  } else {
    say_command(connection, CONNECTION_SAID_MAIL, "MAIL FROM:<%s>\r\n", mail->from);
  }
}

// What was said already is owed a reply.
static bool said_already(struct connection *connection, enum connection_state state) {
  if (!connection->owed) return false;
  connection->owed--;
  connection->state = state;
  return true;
}

static void hear_reply(struct connection *connection, int code, const char *answer) {
  // What is said before the whole mail was said isn't an answer to it.
  bool early = connection->out_said < connection->out_size;
  if (connection->state == CONNECTION_SAID_MAIL && code == 250) {
    if (said_already(connection, CONNECTION_SAID_RCPT)) return;
    say_command(connection, CONNECTION_SAID_RCPT, "RCPT TO:<%s>\r\n", connection->mail->to);
  } else if (connection->state == CONNECTION_SAID_RCPT && (code == 250 || code == 251)) {
    if (said_already(connection, CONNECTION_SAID_DATA)) return;
    say_command(connection, CONNECTION_SAID_DATA, "DATA\r\n");
  } else if (connection->state == CONNECTION_SAID_DATA && code == 354) {
    say_data(connection);
  } else if (connection->state == CONNECTION_SAID_ALL && code == 250 && !early) {
    struct smtp_result result = {.end = SMTP_TAKEN, .code = code};
    snprintf(result.answer, sizeof result.answer, "%s", answer);
    end_mail(connection, &result);
  } else {
    fail_mail(connection, code >= 400 ? code : 0, answer);
  }
}

// The last line of a reply in `in`, if it is all there: "250-first\r\n250 last\r\n".
static const char *find_reply(const struct connection *connection, size_t *ret_size) {
  const char *line = connection->in, *end = connection->in + connection->in_size, *stop;
  while ((stop = memchr(line, '\n', (size_t)(end - line)))) {
    if (stop - line < 4 || line[3] != '-') {
      *ret_size = (size_t)(stop - line);
      return line;
    }
    line = stop + 1;
  }
  return NULL;
}

static int reply_code(const char *line, size_t size) {
  if (size < 3) return 0;
  for (int i = 0; i < 3; i++) {
    if (line[i] < '0' || line[i] > '9') return 0;
  }
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
}

// All that is there; negative when the connection is over or the reply too long.
static ptrdiff_t read_reply(struct connection *connection) {
  ptrdiff_t heard;
  do {
    size_t room = sizeof connection->in - connection->in_size;
    heard = room ? smtp_line_read(&connection->line, connection->in + connection->in_size, room) : -1;
    if (heard > 0) connection->in_size += (size_t)heard;
  } while (heard > 0);
  return heard;
}

// Behind a refused mail: what is owed, then the reply to RSET. A server that would have the text all the same gets
// none.
static void hear_reset(struct connection *connection, int code) {
  if (connection->owed && code == 354) {
    say_command(connection, CONNECTION_SAID_RSET, ".\r\n");
  } else if (connection->owed) {
    if (--connection->owed == 0) say_command(connection, CONNECTION_SAID_RSET, "RSET\r\n");
  } else if (code == 250) {
    uv_timer_stop(&connection->deadline);
    connection->state = CONNECTION_IDLE;
  } else {
    close_connection(connection);
  }
}

static bool is_closed(const struct connection *connection) {
  return uv_is_closing((const uv_handle_t *)&connection->deadline);
}

static void lose(struct connection *connection) {
  if (connection->mail) {
    fail_mail(connection, 0, "connection lost");
  } else {
    close_connection(connection);
  }
}

static void listen_for_replies(struct connection *connection) {
  ptrdiff_t heard = read_reply(connection);
  size_t size;
  const char *line;
  while (!is_closed(connection) && (line = find_reply(connection, &size))) {
    char answer[SMTP_ANSWER_SIZE];
    int code = reply_code(line, size);
    smtp_answer_set(answer, line, size);
    connection->in_size -= (size_t)(line + size + 1 - connection->in);
    memmove(connection->in, line + size + 1, connection->in_size);
    if (connection->mail) {
      hear_reply(connection, code, answer);
    } else if (connection->state == CONNECTION_SAID_RSET) {
      hear_reset(connection, code);
    } else {
      close_connection(connection);  // a server that speaks unasked says goodbye
    }
  }
  if (heard < 0 && !is_closed(connection)) lose(connection);
}

static void connection_ready(uv_poll_t *poll, int status, int events) {
  struct connection *connection = poll->data;
  if (status < 0 || (events & UV_WRITABLE && !speak(connection))) {
    lose(connection);
  } else if (events & UV_READABLE) {
    listen_for_replies(connection);
  }
}

// --- connections and mails
// --------------------------------------------------------------------------------------------

static void deadline_due(uv_timer_t *timer) {
  struct connection *connection = timer->data;
  if (connection->mail) {
    fail_mail(connection, 0, "no answer in time");
  } else {
    close_connection(connection);
  }
}

static void line_opened(struct smtp_line *line, bool ok) {
  struct connection *connection = line->owner;
  if (ok && uv_poll_init(connection->smtp->loop, &connection->poll, line->fd) == 0) {
    connection->polled = true;
    connection->poll.data = connection;
    begin_mail(connection);
  } else {
    fail_mail(connection, line->code, line->answer);
  }
}

static void open_connection(struct smtp *smtp, struct smtp_mail *mail) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection) abort();  // a few kilobytes: nothing goes on without them
  connection->line = (struct smtp_line){.opened = line_opened, .owner = connection};
  connection->smtp = smtp;
  connection->state = CONNECTION_OPENING;
  connection->mail = mail;
  connection->next = smtp->connections;
  smtp->connections = connection;
  uv_timer_init(smtp->loop, &connection->deadline);
  connection->deadline.data = connection;
  uv_timer_start(&connection->deadline, deadline_due, smtp->settings->send_timeout_ms, 0);
  smtp_line_open(smtp->curl, &connection->line);
}

void smtp_send(struct smtp *smtp, struct smtp_mail *mail) {
  struct connection *connection = smtp->connections;
  while (connection && connection->state != CONNECTION_IDLE) connection = connection->next;
  if (!connection) {
    open_connection(smtp, mail);
    return;
  }
  connection->mail = mail;
  uv_timer_start(&connection->deadline, deadline_due, smtp->settings->send_timeout_ms, 0);
  begin_mail(connection);
}

struct smtp *smtp_create(uv_loop_t *loop, const struct smtp_settings *settings) {
  struct smtp *smtp = calloc(1, sizeof *smtp);
  if (!smtp) return NULL;
  *smtp = (struct smtp){.loop = loop, .settings = settings, .curl = smtp_curl_create(loop, settings)};
  if (smtp->curl) return smtp;
  free(smtp);
  return NULL;
}

void smtp_destroy(struct smtp *smtp, void (*destroyed)(void *owner), void *owner) {
  smtp->ending = true;
  smtp->destroyed = destroyed;
  smtp->owner = owner;
  while (smtp->connections) {
    assert(!smtp->connections->mail);
    smtp_line_write(&smtp->connections->line, "QUIT\r\n", 6);
    close_connection(smtp->connections);
  }
  destroy_when_closed(smtp);
}
