/* Loaded before libc (LD_PRELOAD): writes down what is done to the files of a database, in order, into the file
   that POWER_CUT_LOG names, so that a test can lose what was not synced. A record is
   op (1 byte: W write, T truncate, S sync), length of name (2), name, offset or size (8), length (4), bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int logged = -1;

static void note(char op, int fd, uint64_t at, uint32_t size, const void *bytes) {
  char link[64], name[512];
  const char *path = getenv("POWER_CUT_LOG");
  if (!path) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t found = readlink(link, name, sizeof name - 1);
  if (found <= 0) return;
  name[found] = 0;
  if (!strstr(name, "ledger.sqlite") || strstr(name, "-shm") || strstr(name, ".lock")) return;
  if (logged < 0) logged = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  uint16_t length = (uint16_t)found;
  ssize_t done = write(logged, &op, 1) + write(logged, &length, 2) + write(logged, name, length);
  done += write(logged, &at, 8) + write(logged, &size, 4);
  if (size) done += write(logged, bytes, size);
  if (done != (ssize_t)(15 + length + size)) abort();
}

/* The call and its record are one step for all threads: else the record's order would not be that of the calls. */
#define STEP(call, done, op, at, size, bytes)  \
  pthread_mutex_lock(&turn);                   \
  long result = (long)(call);                  \
  if (done) note(op, fd, at, size, bytes);     \
  pthread_mutex_unlock(&turn);

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))
typedef ssize_t (*write_at)(int, const void *, size_t, off64_t);
typedef int (*of_file)(int);
typedef int (*of_size)(int, off64_t);

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  STEP(REAL("pwrite64", write_at)(fd, bytes, size, at), result > 0, 'W', at, (uint32_t)result, bytes)
  return result;
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }
int ftruncate64(int fd, off64_t size) {
  STEP(REAL("ftruncate64", of_size)(fd, size), result == 0, 'T', size, 0, "")
  return (int)result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int fsync(int fd) {
  STEP(REAL("fsync", of_file)(fd), result == 0, 'S', 0, 0, "")
  return (int)result;
}
int fdatasync(int fd) {
  STEP(REAL("fdatasync", of_file)(fd), result == 0, 'S', 0, 0, "")
  return (int)result;
}
