#include "martlet_sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

// What all processes of a job use together. Limits of the kernel without control groups are a process's own; the sum is looked at ten
// times a second. (Under systemd the unit's control group holds the same limits without a gap.)

static bool read_text(const char *pid, const char *name, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t have = 0;
    ssize_t got;
    while (have < size - 1 && (got = read(fd, text + have, size - 1 - have)) > 0) have += (size_t)got;
    close(fd);
    text[have] = '\0';
    return have > 0;
}

/// The kilobytes behind a name at a line's start.
static uint64_t kilobytes(const char *text, const char *name) {
    size_t length = strlen(name);
    for (const char *line = text; line != NULL && *line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, name, length) == 0) return strtoull(line + length, NULL, 10);
    }
    return 0;
}

/// User and system time, its own and that of children it has waited for, in clock ticks.
static uint64_t ticks(const char *pid) {
    char text[1024];
    if (!read_text(pid, "stat", text, sizeof text)) return 0;
    // The name may hold anything, and ends with the last bracket.
    char *next = strrchr(text, ')');
    if (next == NULL) return 0;
    uint64_t sum = 0;
    int field = 2;
    for (next = strtok(next + 1, " "); next != NULL && field < 17; next = strtok(NULL, " ")) {
        if (++field >= 14) sum += strtoull(next, NULL, 10);
    }
    return sum;
}

static uint64_t above(uint64_t value, uint64_t free_of_charge) { return value > free_of_charge ? value - free_of_charge : 0; }

/// Shared pages are counted in each process that has them, unless `exactly`: that takes the kernel longer. With what the kernel keeps for
/// it: tables of pages, and open files, of which many are counted as pipes that are full.
static uint64_t memory_of(const char *pid, bool exactly) {
    enum { FREE_FILES = 256, PIPE_END = 4096 };
    char text[4096];
    if (!read_text(pid, "status", text, sizeof text)) return 0;
    uint64_t kept = 1024 * kilobytes(text, "VmPTE:") + PIPE_END * above(kilobytes(text, "FDSize:"), FREE_FILES);
    uint64_t pages = 1024 * (kilobytes(text, "RssAnon:") + kilobytes(text, "RssShmem:"));
    if (exactly && read_text(pid, "smaps_rollup", text, sizeof text)) {
        pages = 1024 * (kilobytes(text, "Pss_Anon:") + kilobytes(text, "Pss_Shmem:"));
    }
    return kept + pages;
}

/// Many sockets are counted as if they were full: nothing tells how full they are.
static uint64_t memory_of_sockets(void) {
    enum { FREE_SOCKETS = 256, SOCKET = 416 << 10 };
    char text[16384];
    if (!read_text("self", "net/protocols", text, sizeof text)) return 0;
    uint64_t sockets = 0;
    // The protocol, the size of its objects, how many sockets of this network, -1 where nobody counts.
    for (char *line = strchr(text, '\n'); line != NULL; line = strchr(line, '\n')) {
        long count;
        if (sscanf(++line, "%*s %*u %ld", &count) == 1 && count > 0) sockets += (uint64_t)count;
    }
    return SOCKET * above(sockets, FREE_SOCKETS);
}

/// A tmpfs: its pages, and about a kilobyte for each file.
static uint64_t memory_of_files(const char *path) {
    struct statvfs info;
    if (statvfs(path, &info) != 0) return 0;
    return (info.f_blocks - info.f_bfree) * info.f_frsize + (info.f_files - info.f_ffree) * 1024;
}

static uint64_t sum_memory(bool exactly, uint64_t *time) {
    uint64_t memory = memory_of_files("/job") + memory_of_files("/tmp") + memory_of_files("/dev/shm")
        + memory_of_sockets();
    DIR *processes = opendir("/proc");
    if (processes == NULL) return memory;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || strcmp(entry->d_name, "1") == 0) continue;
        memory += memory_of(entry->d_name, exactly);
        if (time != NULL) *time += ticks(entry->d_name);
    }
    closedir(processes);
    return memory;
}

struct usage measure_usage(uint64_t memory_limit) {
    uint64_t time = 0;
    struct usage usage = {.memory_bytes = sum_memory(false, &time)};
    if (usage.memory_bytes > memory_limit) usage.memory_bytes = sum_memory(true, NULL);
    struct rusage gone;
    getrusage(RUSAGE_CHILDREN, &gone);
    uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
    usage.cpu_milliseconds = time * 1000 / hertz + (uint64_t)(gone.ru_utime.tv_sec + gone.ru_stime.tv_sec) * 1000
        + (uint64_t)(gone.ru_utime.tv_usec + gone.ru_stime.tv_usec) / 1000;
    return usage;
}
