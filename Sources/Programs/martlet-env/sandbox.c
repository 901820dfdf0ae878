#include "martlet_env.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// A replica's network lives as long as its sandbox. The sandbox also asks the probes' questions from inside that network
// (the runner may not be able to reach it), and forwards a service's port where the container listens on another one.

enum { MAX_FORWARDS = 32, MAX_CHILDREN = 512, MAX_REQUEST = 16384, CHUNK = 65536, CONNECT_MS = 5000 };

struct listener {
    int fd;
    int forward_to;  // 0: the probe socket
};

static volatile sig_atomic_t children, stopping;

static void on_child(int signal) {
    (void)signal;
    int error = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0) children--;
    errno = error;
}

static void on_stop(int signal) {
    (void)signal;
    stopping = 1;
}

static bool write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/// Copies both ways until both directions have ended.
static void forward(int left, int port) {
    // The address that the client used: the replica's own, as the container sees it.
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    char address[INET_ADDRSTRLEN];
    if (getsockname(left, (struct sockaddr *)&own, &length) != 0) return;
    inet_ntop(AF_INET, &own.sin_addr, address, sizeof address);
    int right = connect_within(address, port, CONNECT_MS);
    if (right < 0) return;
    struct timeval none = {0};
    setsockopt(right, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    setsockopt(right, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
    static char chunk[CHUNK];
    struct pollfd ends[2] = {{.fd = left, .events = POLLIN}, {.fd = right, .events = POLLIN}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        if (poll(ends, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return;
        }
        for (int side = 0; side < 2; side++) {
            if (ends[side].fd < 0 || ends[side].revents == 0) continue;
            int other = side == 0 ? right : left;
            ssize_t got = recv(ends[side].fd, chunk, sizeof chunk, 0);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0 || (got > 0 && !write_all(other, chunk, (size_t)got))) return;
            if (got == 0) {
                shutdown(other, SHUT_WR);
                ends[side].fd = -1;
            }
        }
    }
}

/// The value of a header line that starts with `name`, or NULL.
static const char *value_of(const char *line, const char *name) {
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':') return NULL;
    line += length + 1;
    while (*line == ' ') line++;
    return line;
}

/// Lets the runner read a container's output: conmon, which is root, makes a new file when it rotates twice in a short time. The
/// folder around it is closed to all but the runner. True if done.
static bool release_output(const char *container) {
    char path[320];
    if (strchr(container, '/') != NULL || container[0] == '.') return false;
    if (snprintf(path, sizeof path, "/martlet/output/%s/log", container) >= (int)sizeof path) return false;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool done = fd >= 0 && fchmod(fd, 0644) == 0;
    if (fd >= 0) close(fd);
    return done;
}

/// Fills `what` from the lines of a request, which it cuts apart.
static bool read_question(char *request, struct probe *what, const char **output) {
    for (char *line = strtok(request, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) {
        const char *value;
        if ((value = value_of(line, "martlet-kind"))) what->http = strcmp(value, "http") == 0;
        if ((value = value_of(line, "martlet-output"))) *output = value;
        if ((value = value_of(line, "martlet-address"))) what->address = value;
        if ((value = value_of(line, "martlet-port"))) what->port = (int)number_between(value, 1, 65535);
        if ((value = value_of(line, "martlet-timeout"))) what->timeout_ms = (int)number_between(value, 1, 600000);
        if ((value = value_of(line, "martlet-path"))) what->path = value;
        if ((value = value_of(line, "martlet-header")) && what->header_count < MAX_PROBE_HEADERS) {
            what->headers[what->header_count++] = value;
        }
    }
    return what->port > 0 && what->timeout_ms > 0 && what->path[0] == '/';
}

/// One request, one answer: 200 the probe passed (the output was released), 503 it did not, 400 it was not asked rightly.
static void answer_probe(int fd) {
    static char request[MAX_REQUEST], answer[1024];
    struct timeval limit = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    size_t have = 0;
    while (have < sizeof request - 1) {
        ssize_t got = recv(fd, request + have, sizeof request - 1 - have, 0);
        if (got <= 0) return;
        have += (size_t)got;
        request[have] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL) break;
    }
    struct probe what = {.address = "127.0.0.1", .port = -1, .timeout_ms = 1000, .path = "/"};
    char seen[512] = "martlet-port, -timeout or -path is missing or wrong";
    const char *status = "400 Bad Request";
    const char *output = NULL;
    bool asked = read_question(request, &what, &output);
    if (output != NULL) {
        bool done = release_output(output);
        status = done ? "200 OK" : "503 Service Unavailable";
        snprintf(seen, sizeof seen, "%s", done ? "released" : strerror(errno));
    } else if (asked) {
        status = probe(&what, seen, sizeof seen) ? "200 OK" : "503 Service Unavailable";
    }
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          status, strlen(seen), seen);
    write_all(fd, answer, (size_t)length);
}

static int listen_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -1;
    strcpy(address.sun_path, path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // The folder on the host is closed to all but the runner, which is another user than this one.
    umask(0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0) return -1;
    return fd;
}

static int listen_tcp(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0) return -1;
    return fd;
}

static void serve(const struct listener *from, const sigset_t *unblocked) {
    int client = accept(from->fd, NULL, NULL);
    if (client < 0) return;
    if (children < MAX_CHILDREN) {
        pid_t child = fork();
        if (child == 0) {
            signal(SIGTERM, SIG_DFL);
            signal(SIGINT, SIG_DFL);
            sigprocmask(SIG_SETMASK, unblocked, NULL);
            if (from->forward_to) forward(client, from->forward_to);
            else answer_probe(client);
            _exit(0);
        }
        if (child > 0) children++;
    }
    close(client);
}

static int open_listeners(int argc, char **argv, struct listener *listeners) {
    int count = 0;
    for (; argc > 1; argc -= 2, argv += 2) {
        struct listener next = {.fd = -1};
        if (strcmp(argv[0], "--socket") == 0) {
            next.fd = listen_unix(argv[1]);
        } else if (strcmp(argv[0], "--forward") == 0) {
            char from[6] = "";
            const char *colon = strchr(argv[1], ':');
            if (colon != NULL && colon - argv[1] < 6) memcpy(from, argv[1], (size_t)(colon - argv[1]));
            long port = number_between(from, 1, 65535), to = colon ? number_between(colon + 1, 1, 65535) : -1;
            if (port > 0 && to > 0) next = (struct listener){.fd = listen_tcp((int)port), .forward_to = (int)to};
        }
        if (next.fd < 0 || count == MAX_FORWARDS) {
            fprintf(stderr, "martlet-env: %s %s: %s\n", argv[0], argv[1], strerror(errno));
            return -1;
        }
        listeners[count++] = next;
    }
    return count;
}

int sandbox_command(int argc, char **argv) {
    struct listener listeners[MAX_FORWARDS];
    int count = open_listeners(argc, argv, listeners);
    if (count < 0) return EXIT_OWN_FAILURE;
    // Signals come only while ppoll waits, so `children` and `stopping` need no other protection.
    sigset_t blocked, unblocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_stop}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_stop}, NULL);
    while (!stopping) {
        struct pollfd waits[MAX_FORWARDS];
        for (int index = 0; index < count; index++) waits[index] = (struct pollfd){.fd = listeners[index].fd, .events = POLLIN};
        if (ppoll(waits, (nfds_t)count, NULL, &unblocked) < 0) continue;
        for (int index = 0; index < count; index++) {
            if (waits[index].revents) serve(&listeners[index], &unblocked);
        }
    }
    return 0;
}
