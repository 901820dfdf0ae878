#include "martlet_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Files go in and out from within the sandbox: whatever their names or links say, there is nothing else to reach.

enum { MAX_PARTS = 64 };

/// Opens the folder that a path's last part is in, one part after the other, none of them a link; -1 with errno.
static int open_parent(const struct text *path, bool make, char last[256]) {
    int folder = open("/job/work", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *part = path->bytes, *end = path->bytes + path->length;
    for (int count = 0; folder >= 0; count++) {
        const char *slash = memchr(part, '/', (size_t)(end - part));
        size_t size = (size_t)((slash ? slash : end) - part);
        if (size > 255 || count == MAX_PARTS) {
            close(folder);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(last, part, size);
        last[size] = '\0';
        if (slash == NULL) break;
        if (make) mkdirat(folder, last, 0755);
        int next = openat(folder, last, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        close(folder);
        errno = error;
        folder = next;
        part = slash + 1;
    }
    return folder;
}

static bool write_file(const struct job_file *file) {
    char last[256];
    int folder = open_parent(&file->path, true, last);
    if (folder < 0) return false;
    int fd = openat(folder, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file->executable ? 0755 : 0644);
    close(folder);
    if (fd < 0) return false;
    const char *next = file->bytes.bytes, *end = next + file->bytes.length;
    while (next < end) {
        ssize_t written = write(fd, next, (size_t)(end - next));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        next += written;
    }
    int error = errno;
    close(fd);
    errno = error;
    return next == end;
}

bool write_files(const struct job *job, char *problem, size_t size) {
    umask(022);
    if (mkdir("/job/work", 0755) != 0 || mkdir("/job/home", 0700) != 0) {
        snprintf(problem, size, "the workspace could not be made: %s", strerror(errno));
        return false;
    }
    for (size_t index = 0; index < job->file_count; index++) {
        const struct job_file *file = &job->files[index];
        if (write_file(file)) continue;
        snprintf(problem, size, "the file %.*s could not be written into the workspace: %s", (int)file->path.length, file->path.bytes,
                 strerror(errno));
        return false;
    }
    return true;
}

static void refuse(int connection, const struct text *path, const char *reason) {
    unsigned char head[2] = {(unsigned char)(path->length >> 8), (unsigned char)path->length};
    char *both = malloc(2 + path->length);
    if (both == NULL) return;
    memcpy(both, head, 2);
    memcpy(both + 2, path->bytes, path->length);
    say_two(connection, SAY_REFUSED, both, 2 + path->length, reason, strlen(reason));
    free(both);
}

/// Sends one file; what it took from `left`.
static size_t send_file(int connection, const struct text *path, size_t most, size_t left) {
    char last[256], reason[128];
    int folder = open_parent(path, false, last);
    if (folder < 0) {
        if (errno != ENOENT) refuse(connection, path, errno == ENOTDIR || errno == ELOOP ? "a folder on the way is a link or none" : strerror(errno));
        return 0;
    }
    int fd = openat(folder, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int error = errno;
    close(folder);
    struct stat info;
    if (fd < 0) {
        if (error != ENOENT) refuse(connection, path, error == ELOOP ? "it is a symbolic link" : strerror(error));
        return 0;
    }
    size_t sent = 0;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        refuse(connection, path, "it is not a plain file");
    } else if ((uint64_t)info.st_size > most || (uint64_t)info.st_size > left) {
        snprintf(reason, sizeof reason, "it has %lld bytes; at most %zu are read", (long long)info.st_size, most < left ? most : left);
        refuse(connection, path, reason);
    } else {
        size_t size = (size_t)info.st_size, head = 2 + path->length;
        char *bytes = malloc(head + size + 1);
        if (bytes == NULL) {
            refuse(connection, path, "there was no memory to read it");
        } else {
            bytes[0] = (char)(path->length >> 8);
            bytes[1] = (char)path->length;
            memcpy(bytes + 2, path->bytes, path->length);
            if (read_exactly(fd, bytes + head, size) && say(connection, SAY_FILE, bytes, head + size)) sent = size;
            free(bytes);
        }
    }
    close(fd);
    return sent;
}

void send_collected(int connection, const struct job *job) {
    size_t left = (size_t)job->collect_bytes * 4;
    for (size_t index = 0; index < job->collect_count; index++) {
        const struct text path = {job->collect[index], strlen(job->collect[index])};
        left -= send_file(connection, &path, (size_t)job->collect_bytes, left);
    }
}
