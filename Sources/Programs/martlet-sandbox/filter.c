#include "martlet_sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// What no job needs and escapes are made of: other namespaces, mounts, keyrings, tracing, io_uring, BPF, and memory that the limits do
// not see. Denied with EPERM, so that programs that can do without go on.

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this architecture"
#endif

/// CLONE_NEW*, all of them but NEWTIME, which clone cannot ask for.
enum { NEW_NAMESPACES = 0x7e020000, NEW_TIME = 0x80 };

static const int denied[] = {
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd,
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
    SYS_mount_setattr, SYS_chroot, SYS_setns, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init,
    SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_syslog, SYS_acct, SYS_quotactl, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
    SYS_sethostname, SYS_setdomainname, SYS_vhangup, SYS_personality, SYS_mbind, SYS_set_mempolicy, SYS_migrate_pages, SYS_move_pages,
    SYS_memfd_create, SYS_shmget, SYS_shmat, SYS_mq_open, SYS_semget, SYS_msgget,
#ifdef SYS_memfd_secret
    SYS_memfd_secret,
#endif
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS__sysctl,
#endif
};

enum { COUNT = sizeof denied / sizeof *denied, MAX_CODE = 2 * COUNT + 64 };

static struct sock_filter code[MAX_CODE];
static unsigned short length;

static void add(unsigned short what, unsigned char yes, unsigned char no, unsigned value) {
    code[length++] = (struct sock_filter){what, yes, no, value};
}

static void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned)offset); }
static void answer(unsigned value) { add(BPF_RET | BPF_K, 0, 0, value); }

/// The low half of argument `index`; both architectures are little-endian.
static void load_argument(int index) { load(offsetof(struct seccomp_data, args) + 8 * (size_t)index); }

static void deny(int call, int error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (unsigned)call);
    answer(SECCOMP_RET_ERRNO | (unsigned)error);
}

/// Denied when the first argument has one of the bits.
static void deny_bits(int call, unsigned bits) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (unsigned)call);
    load_argument(0);
    add(BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
    answer(SECCOMP_RET_ERRNO | EPERM);
    answer(SECCOMP_RET_ALLOW);
}

/// Sockets to other programs, IPv4, IPv6, and the routing table that resolvers read: no packets, no crypto of the kernel's, no vsock.
static void restrict_sockets(int call) {
    static const unsigned families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 10, (unsigned)call);
    load_argument(0);
    for (int index = 0; index < 4; index++) {
        add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, families[index]);
        answer(SECCOMP_RET_ALLOW);
    }
    answer(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
}

/// Putting characters into a terminal's input.
static void restrict_ioctl(void) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, SYS_ioctl);
    load_argument(1);
    add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, TIOCSTI);
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, TIOCLINUX);
    answer(SECCOMP_RET_ERRNO | EPERM);
    answer(SECCOMP_RET_ALLOW);
}

bool forbid_system_calls(void) {
    load(offsetof(struct seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, OUR_ARCHITECTURE);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    // The x32 names of the same calls.
    add(BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000);
    answer(SECCOMP_RET_ERRNO | ENOSYS);
#endif
    for (int index = 0; index < COUNT; index++) deny(denied[index], EPERM);
    // Its flags are in memory, where a filter cannot see them; libraries then use clone.
    deny(SYS_clone3, ENOSYS);
    deny_bits(SYS_clone, NEW_NAMESPACES);
    deny_bits(SYS_unshare, NEW_NAMESPACES | NEW_TIME);
    restrict_sockets(SYS_socket);
    restrict_sockets(SYS_socketpair);
    restrict_ioctl();
    answer(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = length, .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
