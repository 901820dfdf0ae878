#include "martlet_sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static uint32_t big_endian(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t big_endian_64(const unsigned char *bytes) {
    return (uint64_t)big_endian(bytes) << 32 | big_endian(bytes + 4);
}

static void put_length(unsigned char *into, size_t length) {
    for (int index = 0; index < 4; index++) into[index] = (unsigned char)(length >> (24 - 8 * index));
}

bool read_exactly(int fd, void *into, size_t length) {
    char *next = into;
    while (length > 0) {
        ssize_t got = read(fd, next, length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        next += got;
        length -= (size_t)got;
    }
    return true;
}

char *read_request(int fd, size_t *length) {
    unsigned char head[8];
    if (!read_exactly(fd, head, sizeof head)) return NULL;
    *length = big_endian(head + 4);
    if (memcmp(head, "MSB1", 4) != 0 || *length > MAX_REQUEST) {
        say_failure(fd, "this launcher does not understand the request; the runner and the launcher are of different versions");
        return NULL;
    }
    char *bytes = malloc(*length + 1);
    if (bytes == NULL || !read_exactly(fd, bytes, *length)) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/// A copy with a NUL at its end; NULL if there is one within.
static char *string(const char *bytes, size_t length) {
    return memchr(bytes, 0, length) == NULL ? strndup(bytes, length) : NULL;
}

static bool add(char **list, size_t *count, const char *bytes, size_t length) {
    if (*count == MAX_ITEMS) return false;
    char *copy = string(bytes, length);
    if (copy == NULL) return false;
    list[(*count)++] = copy;
    list[*count] = NULL;
    return true;
}

/// Relative, with no part that is empty, `.` or `..`.
static bool stays_inside(const char *path, size_t length) {
    if (length == 0 || length > MAX_NAME || memchr(path, 0, length) != NULL) return false;
    const char *part = path, *end = path + length;
    for (;;) {
        const char *slash = memchr(part, '/', (size_t)(end - part));
        size_t size = (size_t)((slash ? slash : end) - part);
        if (size == 0 || (size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.')) return false;
        if (slash == NULL) return true;
        part = slash + 1;
    }
}

/// Mode (1 byte), length of the path (2 bytes), path, bytes.
static bool add_file(struct job *job, const char *bytes, size_t length) {
    const unsigned char *head = (const unsigned char *)bytes;
    if (length < 3 || job->file_count == MAX_ITEMS) return false;
    size_t name = (size_t)head[1] << 8 | head[2];
    if (name > length - 3 || !stays_inside(bytes + 3, name)) return false;
    job->files[job->file_count++] = (struct job_file){
        .path = {bytes + 3, name}, .bytes = {bytes + 3 + name, length - 3 - name}, .executable = head[0] == 1};
    return true;
}

static bool add_limits(struct job *job, const char *bytes, size_t length) {
    uint64_t *limits[] = {&job->wall_seconds, &job->cpu_seconds, &job->memory_bytes, &job->processes,
                          &job->file_bytes, &job->output_bytes, &job->collect_bytes};
    if (length != sizeof limits / sizeof *limits * 8) return false;
    for (size_t index = 0; index < sizeof limits / sizeof *limits; index++) {
        *limits[index] = big_endian_64((const unsigned char *)bytes + 8 * index);
        if (*limits[index] == 0 || *limits[index] > (uint64_t)1 << 40) return false;
    }
    return true;
}

static bool add_record(struct job *job, char type, const char *bytes, size_t length) {
    switch (type) {
        case JOB_ARGUMENT: return add(job->arguments, &job->argument_count, bytes, length);
        case JOB_VARIABLE:
            return length > 1 && bytes[0] != '=' && memchr(bytes, '=', length) != NULL
                && add(job->variables, &job->variable_count, bytes, length);
        case JOB_READ_ONLY:
            return length > 1 && bytes[0] == '/' && stays_inside(bytes + 1, length - 1)
                && add(job->read_only, &job->read_only_count, bytes, length);
        case JOB_COLLECT: return stays_inside(bytes, length) && add(job->collect, &job->collect_count, bytes, length);
        case JOB_FILE: return add_file(job, bytes, length);
        case JOB_LIMITS: return add_limits(job, bytes, length);
        case JOB_NETWORK: return length == 1 && ((job->outside = bytes[0] == 1) || bytes[0] == 0);
        case JOB_LOOPBACK:
            if (length != 2) return false;
            job->loopback_port = (uint16_t)((unsigned char)bytes[0] << 8 | (unsigned char)bytes[1]);
            return job->loopback_port >= 1024;
        case JOB_IMAGE:
            free(job->image);
            job->image = length > 1 && bytes[0] == '/' ? string(bytes, length) : NULL;
            return job->image != NULL;
        case JOB_DIRECTORY:
            free(job->directory);
            job->directory = length > 1 && bytes[0] == '/' && stays_inside(bytes + 1, length - 1) ? string(bytes, length) : NULL;
            return job->directory != NULL;
        default: return false;
    }
}

const char *parse_job(const char *bytes, size_t length, struct job *job) {
    memset(job, 0, sizeof *job);
    const char *next = bytes, *end = bytes + length;
    while (next < end) {
        if (end - next < 5) return "the request is cut off";
        size_t size = big_endian((const unsigned char *)next + 1);
        if (size > (size_t)(end - next - 5)) return "the request is cut off";
        if (!add_record(job, next[0], next + 5, size)) {
            switch (next[0]) {
                case JOB_FILE: return "a file's path is not inside the workspace, or there are too many";
                case JOB_COLLECT: return "the path of a file to collect is not inside the workspace";
                case JOB_VARIABLE: return "a variable is not NAME=VALUE, or holds a NUL";
                case JOB_READ_ONLY: return "a read-only path is not absolute";
                default: return "the request is not understood";
            }
        }
        next += 5 + size;
    }
    if (job->argument_count == 0 || job->arguments[0][0] == '\0') return "the request names no program";
    if (job->wall_seconds == 0) return "the request has no limits";
    return NULL;
}

static bool send_all(int fd, struct iovec *parts, size_t count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        while (message.msg_iovlen > 0 && (size_t)sent >= message.msg_iov->iov_len) {
            sent -= (ssize_t)message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
            message.msg_iov->iov_len -= (size_t)sent;
        }
    }
    return true;
}

bool say_two(int fd, uint8_t type, const void *head, size_t head_length, const void *bytes, size_t length) {
    unsigned char start[5] = {type};
    put_length(start + 1, head_length + length);
    struct iovec parts[] = {{start, sizeof start}, {(void *)head, head_length}, {(void *)bytes, length}};
    return send_all(fd, parts, 3);
}

bool say(int fd, uint8_t type, const void *bytes, size_t length) { return say_two(fd, type, NULL, 0, bytes, length); }

/// The descriptor travels with the record's first byte.
bool say_with_descriptor(int fd, uint8_t type, int descriptor) {
    unsigned char start[5] = {type};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {start, sizeof start};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof start;
}

bool say_failure(int fd, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) return false;
    return say(fd, SAY_FAILURE, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}
