#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { SECRET_MAX_BYTES = 1024 };

int file_read(const char *path, size_t most, struct arena *arena, char **ret_text, size_t *ret_size) {
  FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
  if (!file) return -errno;
  size_t room = 4096 < most ? 4096 : most, size = 0;
  char *text = arena_alloc(arena, room + 1);
  while (text) {
    size += fread(text + size, 1, room - size, file);
    if (size < room || room == most) break;
    size_t larger = room * 2 < most ? room * 2 : most;
    char *copy = arena_alloc(arena, larger + 1);
    if (copy) memcpy(copy, text, size);
    text = copy;
    room = larger;
  }
  int error = !text ? -ENOMEM : ferror(file) ? -EIO : size == most && fgetc(file) != EOF ? -EFBIG : 0;
  if (file != stdin) fclose(file);
  if (error) return error;
  *ret_text = text;
  *ret_size = size;
  return 0;
}

static int make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    int failed = mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
    *slash = '/';
    if (failed) return failed;
  }
  return 0;
}

int file_replace_private(const char *path, const void *data, size_t size, struct arena *arena) {
  char *beside = arena_printf(arena, "%s.XXXXXX", path);
  if (!beside) return -ENOMEM;
  int error = make_folders(beside);
  if (error) return error;
  int descriptor = mkostemp(beside, O_CLOEXEC);  // 0600
  if (descriptor < 0) return -errno;
  if (write(descriptor, data, size) != (ssize_t)size) error = errno ? -errno : -ENOSPC;
  if (close(descriptor) && !error) error = -errno;
  if (!error && rename(beside, path)) error = -errno;
  if (error) unlink(beside);
  return error;
}

static int read_line(FILE *file, struct arena *arena, const char **ret_text) {
  char line[SECRET_MAX_BYTES];
  if (!fgets(line, sizeof line, file)) return -ENODATA;
  const char *text = arena_copy_text(arena, line, strcspn(line, "\r\n"));
  explicit_bzero(line, sizeof line);
  if (!text) return -ENOMEM;
  *ret_text = text;
  return 0;
}

static void interrupted(int number) {
  (void)number;
}

int file_ask_secret(const char *prompt, struct arena *arena, const char **ret_text) {
  FILE *terminal = fopen("/dev/tty", "r+e");
  struct termios shown;
  if (!terminal || tcgetattr(fileno(terminal), &shown)) {
    if (terminal) fclose(terminal);
    return -ENOTTY;
  }
  // Ctrl-C ends the read, so that the terminal shows again what is typed before the process ends.
  struct sigaction before, interrupt = {.sa_handler = interrupted};
  sigaction(SIGINT, &interrupt, &before);
  struct termios hidden = shown;
  hidden.c_lflag &= ~(tcflag_t)ECHO;
  tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
  fprintf(terminal, "%s: ", prompt);
  fflush(terminal);
  int error = read_line(terminal, arena, ret_text);
  bool stopped = error && errno == EINTR;
  tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
  fputc('\n', terminal);
  fclose(terminal);
  sigaction(SIGINT, &before, NULL);
  if (stopped) raise(SIGINT);
  return error;
}

int file_read_secret(const char *path, struct arena *arena, const char **ret_text) {
  FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
  if (!file) return -errno;
  int error = read_line(file, arena, ret_text);
  if (file != stdin) fclose(file);
  return error;
}
