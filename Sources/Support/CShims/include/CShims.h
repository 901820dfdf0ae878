// What Glibc's Swift module does not import: epoll, eventfd, mallopt, and struct ucred.
#ifndef CSHIMS_H
#define CSHIMS_H

#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/statfs.h>
#include <sys/types.h>

/// The user at the other end of a Unix socket (SO_PEERCRED); over TCP the kernel answers uid 2^32-1.
struct cshims_peer {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/// Reads SO_PEERCRED of `fd` into `peer`; 0, or -1 with errno.
int cshims_peer_credentials(int fd, struct cshims_peer *peer);

/// 1 if the file system that holds `path` is a tmpfs or ramfs, 0 if not, -1 with errno.
int cshims_is_tmpfs(const char *path);

/// Reads at most `length` bytes from a Unix socket, and the descriptor that came with them into `descriptor` (-1: none; it is closed on
/// exec). The number of bytes, 0 at the end, or -1 with errno.
ssize_t cshims_receive(int fd, void *bytes, size_t length, int *descriptor);

#endif
