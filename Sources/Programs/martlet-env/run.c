#include "martlet_env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { MAX_FILE = 4 << 20 };

static int fail(const char *what, const char *name) {
    fprintf(stderr, "martlet-env: %s%s%s\n", name, *name ? ": " : "", what);
    return EXIT_OWN_FAILURE;
}

/// Reads the whole file; NULL with errno. The last byte is always a NUL that is not in the file.
static char *read_file(const char *path, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct stat info;
    char *bytes = NULL;
    size_t have = 0;
    if (fstat(fd, &info) == 0) {
        if (info.st_size > MAX_FILE) {
            errno = EFBIG;
        } else if ((bytes = malloc((size_t)info.st_size + 1)) != NULL) {
            ssize_t got;
            while (have < (size_t)info.st_size && (got = read(fd, bytes + have, (size_t)info.st_size - have)) != 0) {
                if (got < 0 && errno == EINTR) continue;
                if (got < 0) {
                    free(bytes);
                    bytes = NULL;
                    break;
                }
                have += (size_t)got;
            }
        }
    }
    int error = errno;
    close(fd);
    errno = error;
    if (bytes == NULL) return NULL;
    bytes[have] = '\0';
    *length = have;
    return bytes;
}

/// 0, or the exit code after a message that never holds a value.
static int set_variables(const char *path) {
    size_t length;
    char *bytes = read_file(path, &length);
    if (bytes == NULL) return fail(strerror(errno), path);
    for (char *entry = bytes; entry < bytes + length; entry += strlen(entry) + 1) {
        char *equals = strchr(entry, '=');
        if (equals == NULL || equals == entry) return fail("an entry is not NAME=VALUE", path);
        *equals = '\0';
        if (setenv(entry, equals + 1, 1) != 0) return fail(strerror(errno), path);
        *equals = '=';
    }
    // exec replaces the memory; the copy is wiped all the same, in case it fails and the process lives on to say so.
    explicit_bzero(bytes, length);
    free(bytes);
    return 0;
}

int run_command(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[0], "--limit") == 0) {
        long limit = number_between(argv[1], 1, 600000);
        if (limit < 0) return fail("--limit needs milliseconds", argv[1]);
        // The timer outlives exec; its signal ends the command.
        struct itimerval timer = {.it_value = {.tv_sec = limit / 1000, .tv_usec = limit % 1000 * 1000}};
        setitimer(ITIMER_REAL, &timer, NULL);
        argc -= 2;
        argv += 2;
    }
    if (argc > 1 && strcmp(argv[0], "--file") == 0) {
        int code = set_variables(argv[1]);
        if (code != 0) return code;
        argc -= 2;
        argv += 2;
    }
    if (argc > 0 && strcmp(argv[0], "--") == 0) {
        argc--;
        argv++;
    }
    if (argc == 0) return fail("no command to run: neither the workload nor its image names one", "");
    execvp(argv[0], argv);
    int error = errno;
    fail(strerror(error), argv[0]);
    return error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}
