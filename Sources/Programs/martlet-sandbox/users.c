#include "martlet_sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Which users have processes. The owner of a folder of /proc does not say: it is root for a process that others may not look into.

static bool is_of(const char *pid, uid_t first, uid_t last) {
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    // One that has ended, and whose parent has not heard of it yet, does nothing any more.
    const char *state = strstr(text, "\nState:\t"), *users = strstr(text, "\nUid:\t");
    if (users == NULL || (state != NULL && (state[8] == 'Z' || state[8] == 'X'))) return false;
    // Real, effective, saved, of files.
    char *next = (char *)users + 6;
    for (int index = 0; index < 4; index++) {
        unsigned long user = strtoul(next, &next, 10);
        if (user >= first && user <= last) return true;
    }
    return false;
}

bool has_processes(uid_t first, uid_t last) {
    DIR *processes = opendir("/proc");
    // Not known: somebody may be there.
    if (processes == NULL) return true;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(processes)) != NULL;) {
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_of(entry->d_name, first, last);
    }
    closedir(processes);
    return found;
}
