#include "static_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "etag.h"
#include "gzip.h"

enum { MEMORY_MOST_BYTES = 64 << 20, FILES_MOST = 4096, DEPTH_MOST = 8 };

enum packing { PLAIN, GZIP, BROTLI, PACKINGS };
static const char *const endings[PACKINGS] = {"", ".gz", ".br"};
static const char *const codings[PACKINGS] = {"identity", "gzip", "br"};

struct content {
  const char *data;  // NULL: there is none
  size_t size;
  const char *etag;
};

struct file {
  const char *path;  // "/assets/app-3F2A77QX.js"
  const char *type;
  struct content contents[PACKINGS];
};

struct static_files {
  struct arena arena;
  struct file *files;  // by path
  size_t count;
};

static int compare_paths(const void *one, const void *other) {
  return strcmp(((const struct file *)one)->path, ((const struct file *)other)->path);
}

static struct file *find(const struct static_files *files, const char *path) {
  const struct file key = {.path = path};
  return bsearch(&key, files->files, files->count, sizeof key, compare_paths);
}

static const char *type_of(const char *path) {
  static const struct {
    const char *ending, *type;
  } types[] = {{".html", "text/html; charset=utf-8"},
               {".js", "text/javascript; charset=utf-8"},
               {".mjs", "text/javascript; charset=utf-8"},
               {".css", "text/css; charset=utf-8"},
               {".json", "application/json"},
               {".webmanifest", "application/manifest+json"},
               {".svg", "image/svg+xml"},
               {".png", "image/png"},
               {".ico", "image/x-icon"},
               {".woff2", "font/woff2"},
               {".txt", "text/plain; charset=utf-8"},
               {".map", "application/json"}};
  const char *ending = strrchr(path, '.');
  for (size_t i = 0; ending && i < sizeof types / sizeof types[0]; i++)
    if (!strcmp(ending, types[i].ending)) return types[i].type;
  return "application/octet-stream";
}

static int read_content(struct arena *arena, const char *path, struct content *ret_content) {
  FILE *file = fopen(path, "rbe");
  struct stat about;
  if (!file) return -errno;
  int error = fstat(fileno(file), &about) ? -errno : 0;
  size_t size = (size_t)about.st_size;
  char *data = error ? NULL : arena_alloc(arena, size + 1);
  if (!error && !data) error = -EFBIG;
  if (!error && fread(data, 1, size, file) != size) error = -EIO;
  fclose(file);
  if (error) return error;
  *ret_content = (struct content){data, size, etag_of(data, size, arena)};
  return ret_content->etag ? 0 : -EFBIG;
}

static int add_file(struct static_files *files, const char *place, const char *path) {
  if (files->count == FILES_MOST) return -EFBIG;
  struct file *file = &files->files[files->count];
  file->path = arena_copy_text(&files->arena, path, strlen(path));
  file->type = type_of(path);
  int error = file->path ? read_content(&files->arena, place, &file->contents[PLAIN]) : -EFBIG;
  if (!error) files->count++;
  return error;
}

// `path` is where it is below the root: "" or "/icons".
static int add_folder(struct static_files *files, const char *root, const char *path, int depth) {
  char place[4096], below[1024];
  snprintf(place, sizeof place, "%s%s", root, path);
  DIR *folder = depth ? opendir(place) : NULL;
  if (!folder) return depth ? -errno : -ELOOP;
  int error = 0;
  for (struct dirent *entry; !error && (entry = readdir(folder));) {
    struct stat about;
    if (*entry->d_name == '.') continue;
    bool fits = snprintf(below, sizeof below, "%s/%s", path, entry->d_name) < (int)sizeof below &&
                snprintf(place, sizeof place, "%s%s", root, below) < (int)sizeof place;
    error = !fits ? -ENAMETOOLONG : stat(place, &about) ? -errno : 0;
    if (!error && S_ISDIR(about.st_mode)) error = add_folder(files, root, below, depth - 1);
    if (!error && S_ISREG(about.st_mode)) error = add_file(files, place, below);
  }
  closedir(folder);
  return error;
}

// "/a.js.gz" beside "/a.js" becomes its packed content, and isn't a file of its own any more.
static void join_packed(struct static_files *files) {
  size_t kept = 0;
  for (size_t i = 0; i < files->count; i++) {
    struct file *file = &files->files[i];
    size_t size = strlen(file->path);
    bool joined = false;
    for (int packing = GZIP; packing < PACKINGS && size > 3; packing++) {
      char path[1024];
      snprintf(path, sizeof path, "%.*s", (int)size - 3, file->path);
      // Those before are sorted and kept; "/a.js" stands before "/a.js.gz".
      const struct static_files before = {.files = files->files, .count = kept};
      struct file *plain = strcmp(file->path + size - 3, endings[packing]) ? NULL : find(&before, path);
      if (!plain) continue;
      plain->contents[packing] = file->contents[PLAIN];
      joined = true;
    }
    if (!joined) files->files[kept++] = *file;
  }
  files->count = kept;
}

struct static_files *static_files_load(const char *folder, int *ret_error) {
  struct static_files *files = calloc(1, sizeof *files);
  if (files) files->files = calloc(FILES_MOST, sizeof *files->files);
  if (!files || !files->files) {
    free(files);
    *ret_error = -ENOMEM;
    return NULL;
  }
  arena_init(&files->arena, MEMORY_MOST_BYTES);
  *ret_error = add_folder(files, folder, "", DEPTH_MOST);
  if (*ret_error) {
    static_files_destroy(files);
    return NULL;
  }
  qsort(files->files, files->count, sizeof *files->files, compare_paths);
  join_packed(files);
  return files;
}

void static_files_destroy(struct static_files *files) {
  if (!files) return;
  arena_finish(&files->arena);
  free(files->files);
  free(files);
}

// The page's build puts a hash of the content into the name of whatever is below /assets: it never changes.
static bool is_kept_for_ever(const char *path) {
  return !strncmp(path, "/assets/", strlen("/assets/"));
}

static const struct content *choose(const struct file *file, struct http_exchange *exchange,
                                    enum packing *ret_packing) {
  const char *accept = http_field(exchange, "accept-encoding");
  enum packing packing = BROTLI;
  while (packing > PLAIN && !(file->contents[packing].data && accepts_encoding(accept, codings[packing]))) packing--;
  *ret_packing = packing;
  return &file->contents[packing];
}

// What the page may do: run and load its own files, call its own origin, and nothing inline. It is said of what a
// browser opens as a page or a worker; a script or a style below /assets takes the rules of whoever loads it, and a
// slow line has no half second for saying them a dozen times.
static const struct http_field page_fields[] = {
    {.name = "Content-Security-Policy",
     .value = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
              "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
              "frame-ancestors 'none'"},
    {.name = "Cross-Origin-Opener-Policy", .value = "same-origin"},
    {.name = "Permissions-Policy",
     .value = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"},
};
enum { PAGE_FIELDS = sizeof page_fields / sizeof page_fields[0] };

static void reply_file(const struct file *file, struct http_exchange *exchange) {
  enum packing packing;
  const struct content *content = choose(file, exchange, &packing);
  struct http_field *fields = ARENA_ARRAY(http_arena(exchange), struct http_field, PAGE_FIELDS + 4);
  if (!fields) {
    http_reply_status(exchange, 503);
    return;
  }
  bool kept = is_kept_for_ever(file->path);
  size_t count = kept ? 0 : PAGE_FIELDS;
  memcpy(fields, page_fields, count * sizeof *page_fields);
  fields[count++] = (struct http_field){.name = "ETag", .value = content->etag};
  fields[count++] =
      (struct http_field){.name = "Cache-Control", .value = kept ? "public, max-age=31536000, immutable" : "no-cache"};
  fields[count++] = (struct http_field){.name = "Vary", .value = "Accept-Encoding"};
  struct http_reply reply = {.status = 304, .fields = fields, .cacheable = true};
  if (!has_already(exchange, content->etag)) {
    reply.status = 200;
    reply.content_type = file->type;
    reply.body = content->data;
    reply.size = content->size;
    if (packing) fields[count++] = (struct http_field){.name = "Content-Encoding", .value = codings[packing]};
  }
  reply.field_count = count;
  http_reply(exchange, &reply);
}

void static_files_reply(const struct static_files *files, struct http_exchange *exchange) {
  const char *path = http_request(exchange)->path;
  const struct file *file = files ? find(files, path) : NULL;
  if (!file && files && !strchr(strrchr(path, '/'), '.')) file = find(files, "/index.html");
  if (file)
    reply_file(file, exchange);
  else
    http_reply_status(exchange, 404);
}
