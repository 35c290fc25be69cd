/* Makes reads of segments wait for ever while the file named by HANG_WHILE is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int hangs(int file) {
    const char *flag = getenv("HANG_WHILE");
    char link[64], path[4096];
    if (!flag || access(flag, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, ".segment") != NULL;
}

ssize_t pread64(int file, void *to, size_t length, off64_t at) {
    static ssize_t (*real)(int, void *, size_t, off64_t);
    while (hangs(file)) pause();
    if (!real) real = dlsym(RTLD_NEXT, "pread64");
    return real(file, to, length, at);
}
