// Fails calls of the system, or records them, below one directory. Loaded before the C library (LD_PRELOAD) by faults.rs.
//
// Told what to do by opening a path that does not exist:
//   /faults:fail:N:once:DIR    fail the N-th call below DIR
//   /faults:fail:N:always:DIR  fail it and all after it
//   /faults:fail:N:interrupted:DIR  let a signal interrupt the N-th of those that one can interrupt
//   /faults:short:BYTES:DIR    read and write at most so many bytes a call below DIR
//   /faults:record:FILE:DIR    append each call that changes DIR to FILE
//   /faults:stop               do neither; the error number is 10000 and the calls that were counted
// A process that is started with BIRTHMARK_FAULTS=fail:N:... is told so from the start, and writes the number of calls that it
// counted into the file that BIRTHMARK_FAULTS_COUNT names.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[4096];
static size_t root_length;
static atomic_long calls;
static long target;
static size_t most;
static int journal = -1;
static enum { ONCE, ALWAYS, INTERRUPTED } how;
static unsigned char watched[1 << 16];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_below(const char *path) {
    char whole[8192];
    if (path && *path != '/' && root_length) {
        if (!getcwd(whole, 4096)) return 0;
        snprintf(whole + strlen(whole), 4000, "/%s", !strncmp(path, "./", 2) ? path + 2 : path);
        path = whole;
    }
    return root_length && path && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static int is_watched(int fd) { return fd >= 0 && fd < (int)sizeof watched && watched[fd] && root_length; }

// Counts a call below the directory and says whether it fails.
static int fails(int counts) {
    if (!counts || !target || how == INTERRUPTED) return 0;
    long call = ++calls;
    if (how == ALWAYS ? call < target : call != target) return 0;
    errno = EIO;
    return 1;
}

// The same for a call that a signal may interrupt.
static int breaks(int counts) {
    if (how != INTERRUPTED) return fails(counts);
    if (!counts || !target || ++calls != target) return 0;
    errno = EINTR;
    return 1;
}

// How many bytes a call may transfer.
static size_t cut(int counts, size_t size) {
    if (!counts || !most || size <= most) return size;
    calls++;
    return most;
}

static void record(const void *bytes, size_t length) {
    const char *from = bytes;
    while (length) {
        ssize_t done = REAL(write)(journal, from, length);
        if (done <= 0) abort();
        from += done, length -= done;
    }
}

static void note(const char *format, ...) {
    if (journal < 0) return;
    char line[8192];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    record(line, length);
}

static unsigned long inode(int fd) {
    struct stat64 facts;
    return REAL(fstat64)(fd, &facts) ? 0 : facts.st_ino;
}

static void control(const char *words) {
    char path[4096], word[16];
    long counted = calls;
    if (journal >= 0) REAL(close)(journal);
    root_length = calls = target = most = 0, journal = -1;
    if (sscanf(words, "fail:%ld:%15[^:]:%4095s", &target, word, root) == 3) {
        how = !strcmp(word, "always") ? ALWAYS : !strcmp(word, "interrupted") ? INTERRUPTED : ONCE;
        root_length = strlen(root);
    } else if (sscanf(words, "short:%zu:%4095s", &most, root) == 2) {
        root_length = strlen(root);
    } else if (sscanf(words, "record:%4095[^:]:%4095s", path, root) == 2) {
        journal = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        root_length = strlen(root);
    }
    errno = 10000 + counted;
}

__attribute__((constructor)) static void begin(void) {
    const char *words = getenv("BIRTHMARK_FAULTS");
    if (words) control(words);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("BIRTHMARK_FAULTS_COUNT");
    int fd = path ? REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) dprintf(fd, "%ld", (long)calls);
}

static int opened(const char *path, int flags, mode_t mode) {
    if (!strncmp(path, "/faults:", 8)) return control(path + 8), -1;
    int below = is_below(path);
    if (breaks(below)) return -1;
    int is_new = below && (flags & O_CREAT) && access(path, F_OK);
    int fd = REAL(open)(path, flags, mode);
    if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = below;
    if (fd >= 0 && is_new) note("create %lu %s\n", inode(fd), path);
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, int); va_end(more); }

int open(const char *path, int flags, ...) { MODE(flags) return opened(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(path, flags, mode); }

int close(int fd) {
    if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = 0;
    return REAL(close)(fd);
}

ssize_t read(int fd, void *to, size_t size) {
    return breaks(is_watched(fd)) ? -1 : REAL(read)(fd, to, cut(is_watched(fd), size));
}
ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
    return breaks(is_watched(fd)) ? -1 : REAL(pread64)(fd, to, cut(is_watched(fd), size), at);
}

static ssize_t written(int fd, const void *from, size_t size, off64_t at, ssize_t done) {
    if (done > 0 && journal >= 0 && is_watched(fd)) {
        note("write %lu %lld %zd\n", inode(fd), (long long)at, done);
        record(from, done);
    }
    return done;
}

ssize_t write(int fd, const void *from, size_t size) {
    if (breaks(is_watched(fd))) return -1;
    off64_t at = is_watched(fd) ? lseek64(fd, 0, SEEK_CUR) : 0;
    size = cut(is_watched(fd), size);
    return written(fd, from, size, at, REAL(write)(fd, from, size));
}
ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    if (breaks(is_watched(fd))) return -1;
    size = cut(is_watched(fd), size);
    return written(fd, from, size, at, REAL(pwrite64)(fd, from, size, at));
}
ssize_t writev(int fd, const struct iovec *parts, int many) {
    if (!is_watched(fd)) return REAL(writev)(fd, parts, many);
    return many ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
}

#define SYNC(name) \
    int name(int fd) { \
        if (breaks(is_watched(fd))) return -1; \
        int done = REAL(name)(fd); \
        if (!done && is_watched(fd)) note("sync %lu\n", inode(fd)); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
    if (fails(is_below(from) || is_below(to))) return -1;
    int done = REAL(rename)(from, to);
    if (!done && is_below(to)) note("rename %s\n%s\n", from, to);
    return done;
}
int unlink(const char *path) {
    if (fails(is_below(path))) return -1;
    int done = REAL(unlink)(path);
    if (!done && is_below(path)) note("unlink %s\n", path);
    return done;
}
int mkdir(const char *path, mode_t mode) {
    if (fails(is_below(path))) return -1;
    int done = REAL(mkdir)(path, mode);
    if (!done && is_below(path)) note("mkdir %s\n", path);
    return done;
}
int flock(int fd, int kind) { return breaks(is_watched(fd)) ? -1 : ((int (*)(int, int))dlsym(RTLD_NEXT, "flock"))(fd, kind); }
int fchmod(int fd, mode_t mode) { return fails(is_watched(fd)) ? -1 : REAL(fchmod)(fd, mode); }
DIR *opendir(const char *path) { return fails(is_below(path)) ? NULL : REAL(opendir)(path); }
void *mmap64(void *at, size_t size, int protect, int flags, int fd, off64_t from) {
    return fails(is_watched(fd)) ? MAP_FAILED : REAL(mmap64)(at, size, protect, flags, fd, from);
}
int stat64(const char *path, struct stat64 *facts) {
    return fails(is_below(path)) ? -1 : REAL(stat64)(path, facts);
}
int lstat64(const char *path, struct stat64 *facts) {
    return fails(is_below(path)) ? -1 : REAL(lstat64)(path, facts);
}
int fstat64(int fd, struct stat64 *facts) { return fails(is_watched(fd)) ? -1 : REAL(fstat64)(fd, facts); }
int statx(int directory, const char *path, int flags, unsigned mask, struct statx *facts) {
    // Rust asks once with no path, to learn whether the call exists.
    const char *volatile named = path;
    if (fails(named && *named ? is_below(named) : is_watched(directory))) return -1;
    return REAL(statx)(directory, path, flags, mask, facts);
}
