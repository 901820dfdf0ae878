#include "martlet_env.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { MAX_REQUEST = 8192, DEFAULT_TIMEOUT_MS = 1000 };

int connect_within(const char *address, int port, int timeout_ms) {
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    if (inet_pton(AF_INET, address, &target.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    // SO_SNDTIMEO bounds connect(2) as well.
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&target, sizeof target) == 0) return fd;
    int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
    close(fd);
    errno = error;
    return -1;
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Whether the request fits in `request`.
static bool write_request(const struct probe *what, char *request, size_t size) {
    size_t length = (size_t)snprintf(request, size, "GET %s HTTP/1.1\r\n", what->path);
    bool host = false;
    for (int index = 0; index < what->header_count && length < size; index++) {
        host |= strncasecmp(what->headers[index], "host:", 5) == 0;
        length += (size_t)snprintf(request + length, size - length, "%s\r\n", what->headers[index]);
    }
    if (!host && length < size) {
        length += (size_t)snprintf(request + length, size - length, "Host: %s:%d\r\n", what->address, what->port);
    }
    if (length < size) {
        length += (size_t)snprintf(request + length, size - length, "User-Agent: martlet-probe\r\nConnection: close\r\n\r\n");
    }
    return length < size;
}

/// Reads until the status line is whole; the code, or -1 with errno (ETIMEDOUT, or EPROTO for something else than HTTP).
static int read_status(int fd, long deadline) {
    char line[64];
    size_t have = 0;
    while (have < 12) {
        long left = deadline - now_ms();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&wait, 1, (int)left) == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t got = recv(fd, line + have, sizeof line - 1 - have, 0);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        have += (size_t)got;
    }
    line[have] = '\0';
    int code;
    if (sscanf(line, "HTTP/1.%*1[01] %3d", &code) == 1) return code;
    errno = EPROTO;
    return -1;
}

static void say_error(char *seen, size_t size, const struct probe *what) {
    if (errno == ETIMEDOUT || errno == EAGAIN) {
        snprintf(seen, size, "no answer from port %d within %d ms", what->port, what->timeout_ms);
    } else if (errno == EPROTO) {
        snprintf(seen, size, "port %d does not speak HTTP", what->port);
    } else {
        snprintf(seen, size, "port %d: %s", what->port, strerror(errno));
    }
}

bool probe(const struct probe *what, char *seen, size_t size) {
    long deadline = now_ms() + what->timeout_ms;
    int fd = connect_within(what->address, what->port, what->timeout_ms);
    if (fd < 0) {
        say_error(seen, size, what);
        return false;
    }
    if (!what->http) {
        close(fd);
        snprintf(seen, size, "port %d accepts connections", what->port);
        return true;
    }
    char request[MAX_REQUEST];
    bool passed = false;
    if (!write_request(what, request, sizeof request)) {
        snprintf(seen, size, "the request is longer than %d bytes", MAX_REQUEST);
    } else if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request)) {
        say_error(seen, size, what);
    } else {
        int code = read_status(fd, deadline);
        passed = code >= 200 && code < 400;
        if (code < 0) {
            say_error(seen, size, what);
        } else {
            snprintf(seen, size, "port %d answered %d to %s", what->port, code, what->path);
        }
    }
    close(fd);
    return passed;
}

int probe_command(int argc, char **argv, bool http) {
    struct probe what = {.http = http, .address = "127.0.0.1", .timeout_ms = DEFAULT_TIMEOUT_MS, .path = "/"};
    while (argc > 1 && strncmp(argv[0], "--", 2) == 0) {
        if (strcmp(argv[0], "--address") == 0) {
            what.address = argv[1];
        } else if (strcmp(argv[0], "--timeout") == 0) {
            what.timeout_ms = (int)number_between(argv[1], 1, 600000);
        } else if (strcmp(argv[0], "--header") == 0 && what.header_count < MAX_PROBE_HEADERS) {
            what.headers[what.header_count++] = argv[1];
        } else {
            what.timeout_ms = -1;
        }
        argc -= 2;
        argv += 2;
    }
    what.port = argc > 0 ? (int)number_between(argv[0], 1, 65535) : -1;
    if (http && argc > 1) what.path = argv[1];
    if (what.port < 0 || what.timeout_ms < 0 || argc > (http ? 2 : 1) || what.path[0] != '/') {
        fprintf(stderr, "usage: martlet-env %s [--address IPV4] [--timeout MS] %s\n", http ? "probe-http" : "probe-tcp",
                http ? "[--header 'NAME: VALUE'] PORT PATH" : "PORT");
        return EXIT_OWN_FAILURE;
    }
    char seen[512];
    bool passed = probe(&what, seen, sizeof seen);
    puts(seen);
    return passed ? 0 : 1;
}
