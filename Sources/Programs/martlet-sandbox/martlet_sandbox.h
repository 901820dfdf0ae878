#ifndef MARTLET_SANDBOX_H
#define MARTLET_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// martlet-sandbox runs foreign code for the runner. It has three parts:
//
//   listen   root: accepts connections, and hands each to a `serve` of a user of its own (systemd does both where it is PID 1)
//   serve    an unprivileged user: reads one job from the connection, and starts bubblewrap
//   inside   process 1 in the sandbox: writes the files, starts the command, holds it to its limits, brings back the output
//
// The wire: the runner sends "MSB1", a length and that many bytes: records of a type (1 byte), a length (4 bytes, big-endian) and bytes.
// The answer is records as well. Nothing more is sent by the runner; when it closes its side, everything is killed. The connection is
// closed by the launcher after the last process of the job has gone.

enum {
    MAX_REQUEST = 64 << 20, MAX_ITEMS = 4096, MAX_FRAME = 64 << 10, MAX_NAME = 4000,
    EXIT_OWN_FAILURE = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127,
};

/// Records of a request.
enum {
    JOB_ARGUMENT = 'c', JOB_VARIABLE = 'e', JOB_FILE = 'f', JOB_READ_ONLY = 'r', JOB_COLLECT = 'o', JOB_NETWORK = 'n',
    JOB_LIMITS = 'l', JOB_LOOPBACK = 'L', JOB_IMAGE = 'i', JOB_DIRECTORY = 'd',
};

/// Records of an answer.
enum {
    SAY_OUTPUT = 'O', SAY_ERROR_OUTPUT = 'E', SAY_LISTENER = 'L', SAY_FILE = 'C', SAY_REFUSED = 'R', SAY_FAILURE = 'X',
    SAY_BUSY = 'B', SAY_STARTED = 'S', SAY_END = 'Z',
};

/// How a job ended: the first byte of SAY_END, before a number of 4 bytes.
enum {
    END_EXITED = 'e', END_SIGNALLED = 's', END_TIME = 't', END_CPU = 'c', END_MEMORY = 'm', END_OUTPUT = 'o', END_CANCELLED = 'k',
};

struct text {
    const char *bytes;
    size_t length;
};

struct job_file {
    struct text path, bytes;
    bool executable;
};

/// A job; its texts lie in the request, and each is followed by a NUL in a copy of its own where a C string is needed.
struct job {
    char *arguments[MAX_ITEMS + 1], *variables[MAX_ITEMS + 1], *read_only[MAX_ITEMS + 1], *collect[MAX_ITEMS + 1];
    size_t argument_count, variable_count, read_only_count, collect_count, file_count;
    struct job_file files[MAX_ITEMS];
    bool outside;
    uint16_t loopback_port;
    char *image;
    /// Where the command starts; NULL: in the workspace.
    char *directory;
    uint64_t wall_seconds, cpu_seconds, memory_bytes, processes, file_bytes, output_bytes, collect_bytes;
};

// wire.c
bool read_exactly(int fd, void *into, size_t length);
/// The bytes after the head of a request; NULL after an error was said.
char *read_request(int fd, size_t *length);
/// NULL, or what is wrong with it.
const char *parse_job(const char *bytes, size_t length, struct job *job);
bool say(int fd, uint8_t type, const void *bytes, size_t length);
bool say_two(int fd, uint8_t type, const void *head, size_t head_length, const void *bytes, size_t length);
bool say_with_descriptor(int fd, uint8_t type, int descriptor);
bool say_failure(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

// listen.c, serve.c, inside.c
int listen_command(int argc, char **argv);
int serve_command(int argc, char **argv);
/// Reads a job from the connection and runs it, as the user that this process is.
int serve_connection(int connection);
int inside_command(int argc, char **argv);

// users.c: whether a process of one of these users is there that has not ended.
bool has_processes(uid_t first, uid_t last);

// layout.c: bubblewrap's arguments.
char **sandbox_arguments(const struct job *job, const char *self, char *const inside[], const char **problem);

// outside.c: the network stack of a job that reaches the outside.
pid_t start_network(pid_t sandbox, char *problem, size_t size);

// filter.c
bool forbid_system_calls(void);

// workspace.c
bool write_files(const struct job *job, char *problem, size_t size);
void send_collected(int connection, const struct job *job);

// usage.c
struct usage {
    uint64_t memory_bytes, cpu_milliseconds;
};
struct usage measure_usage(uint64_t memory_limit);

#endif
