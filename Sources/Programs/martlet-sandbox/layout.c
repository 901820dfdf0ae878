#include "martlet_sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// The file system of a job: a root that is read-only and nearly empty, the machine's /usr or an image's folders, a few files of /etc, a
// /proc and /dev of its own, and tmpfs of limited size to write to. Nothing of /run, /var, /home, /root or /sys.

enum { MAX_ARGUMENTS = 8000 };

struct arguments {
    char *items[MAX_ARGUMENTS + 1];
    size_t count;
    bool too_many;
};

static void add_one(struct arguments *arguments, const char *item) {
    if (arguments->count == MAX_ARGUMENTS) arguments->too_many = true;
    else arguments->items[arguments->count++] = strdup(item);
}

/// Up to NULL.
static void add(struct arguments *arguments, ...) {
    va_list items;
    va_start(items, arguments);
    for (const char *item; (item = va_arg(items, const char *)) != NULL;) add_one(arguments, item);
    va_end(items);
}

/// A file that is only in the sandbox.
static void add_text(struct arguments *arguments, const char *path, const char *text) {
    char number[16];
    int fd = memfd_create("file", 0);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) arguments->too_many = true;
    lseek(fd, 0, SEEK_SET);
    snprintf(number, sizeof number, "%d", fd);
    add(arguments, "--perms", "0444", "--file", number, path, NULL);
}

/// `source` at `path`: as the link that it is, or read-only.
static void add_entry(struct arguments *arguments, const char *source, const char *path) {
    struct stat info;
    if (lstat(source, &info) != 0) return;
    if (S_ISLNK(info.st_mode)) {
        char target[MAX_NAME];
        ssize_t length = readlink(source, target, sizeof target - 1);
        if (length <= 0) return;
        target[length] = '\0';
        add(arguments, "--symlink", target, path, NULL);
    } else if (S_ISDIR(info.st_mode) || S_ISREG(info.st_mode)) {
        add(arguments, "--ro-bind-try", source, path, NULL);
    }
}

static bool is_one_of(const char *name, const char *const list[]) {
    for (; *list; list++) {
        if (strcmp(name, *list) == 0) return true;
    }
    return false;
}

/// What is in a folder, one by one: mounts and files of ours stand between.
static bool add_entries(struct arguments *arguments, const char *folder, const char *below, const char *const but[]) {
    DIR *entries = opendir(folder);
    if (entries == NULL) return false;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_one_of(entry->d_name, but)) continue;
        char source[2 * MAX_NAME], path[MAX_NAME];
        snprintf(source, sizeof source, "%s/%s", folder, entry->d_name);
        snprintf(path, sizeof path, "%s/%s", below, entry->d_name);
        add_entry(arguments, source, path);
    }
    closedir(entries);
    return true;
}

static const char *const our_folders[] = {"proc", "dev", "sys", "tmp", "job", "run", "etc", NULL};
static const char *const our_files[] = {"passwd", "group", "hosts", "resolv.conf", "hostname", "mtab", "shadow", "gshadow", NULL};

/// What programs of the machine need of /etc, and holds nothing of anybody's.
static const char *const etc_of_machine[] = {"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "ssl", "ca-certificates",
                                             "localtime", "mime.types", "protocols", "services", "os-release", "debian_version",
                                             "nsswitch.conf", "gai.conf", NULL};

static bool add_root(struct arguments *arguments, const char *image) {
    add(arguments, "--perms", "0755", "--dir", "/etc", NULL);
    if (image != NULL) {
        char etc[2 * MAX_NAME];
        struct stat info;
        if (strlen(image) > MAX_NAME || !add_entries(arguments, image, "", our_folders)) return false;
        snprintf(etc, sizeof etc, "%s/etc", image);
        if (lstat(etc, &info) == 0 && S_ISDIR(info.st_mode)) add_entries(arguments, etc, "/etc", our_files);
        return true;
    }
    static const char *const folders[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", NULL};
    for (const char *const *folder = folders; *folder; folder++) add_entry(arguments, *folder, *folder);
    for (const char *const *name = etc_of_machine; *name; name++) {
        char path[64];
        snprintf(path, sizeof path, "/etc/%s", *name);
        add_entry(arguments, path, path);
    }
    add(arguments, "--dir", "/var", "--symlink", "/tmp", "/var/tmp", NULL);
    return true;
}

static void add_size(struct arguments *arguments, uint64_t bytes) {
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)bytes);
    add(arguments, "--size", number, NULL);
}

char **sandbox_arguments(const struct job *job, const char *self, char *const inside[], const char **problem) {
    struct arguments *arguments = calloc(1, sizeof *arguments);
    *problem = "the sandbox could not be prepared: no memory";
    if (arguments == NULL) return NULL;
    add(arguments, "bwrap", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
        "--hostname", "sandbox", "--uid", "1000", "--gid", "1000", "--die-with-parent", "--new-session",
        "--as-pid-1", "--cap-drop", "ALL", "--clearenv", NULL);
    if (!add_root(arguments, job->image)) {
        *problem = "the image's folder cannot be read by the job's user";
        return NULL;
    }
    add_text(arguments, "/etc/passwd",
             "root:x:0:0:root:/:/usr/sbin/nologin\njob:x:1000:1000:job:/job/home:/bin/sh\n"
             "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
    add_text(arguments, "/etc/group", "root:x:0:\njob:x:1000:\nnogroup:x:65534:\n");
    add_text(arguments, "/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n");
    add_text(arguments, "/etc/resolv.conf", job->outside ? "nameserver 10.0.2.3\n" : "");
    add(arguments, "--perms", "0755", "--dir", "/run", "--proc", "/proc", "--dev", "/dev", NULL);
    add_size(arguments, job->file_bytes);
    add(arguments, "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev", NULL);
    add_size(arguments, job->file_bytes);
    add(arguments, "--perms", "0700", "--tmpfs", "/job", NULL);
    add_size(arguments, job->file_bytes);
    add(arguments, "--perms", "1777", "--tmpfs", "/tmp", NULL);
    for (size_t index = 0; index < job->read_only_count; index++) {
        const char *path = job->read_only[index];
        if (access(path, R_OK) != 0) {
            *problem = "a read-only path of the sandbox is missing, or closed to the job's user";
            return NULL;
        }
        add(arguments, "--ro-bind", path, path, NULL);
    }
    // Last: the root was to be written until here.
    add(arguments, "--remount-ro", "/", "--chdir", "/job", "--", self, NULL);
    for (; *inside; inside++) add_one(arguments, *inside);
    if (arguments->too_many) {
        *problem = "the sandbox could not be prepared: too many entries at the top of the image, or in its /etc";
        return NULL;
    }
    *problem = NULL;
    return arguments->items;
}
