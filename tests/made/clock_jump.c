/* Loaded before libc (LD_PRELOAD): the clock on the wall is as many seconds off as the file that CLOCK_JUMP names
   says (8 bytes, mapped); clocks that only go forward are left alone, as when an administrator sets the time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset(void) {
  static const volatile int64_t *found;
  const char *path = getenv("CLOCK_JUMP");
  if (found || !path) return found;
  int file = open(path, O_RDONLY);
  void *mapped = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (mapped != MAP_FAILED) found = mapped;
  return found;
}

static time_t jump(void) {
  const volatile int64_t *now = offset();
  return now ? (time_t)*now : 0;
}

int clock_gettime(clockid_t clock, struct timespec *found) {
  int result = ((int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime"))(clock, found);
  if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) found->tv_sec += jump();
  return result;
}
int gettimeofday(struct timeval *found, void *zone) {
  int result = ((int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday"))(found, zone);
  if (!result) found->tv_sec += jump();
  return result;
}
time_t time(time_t *found) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (found) *found = now.tv_sec;
  return now.tv_sec;
}
