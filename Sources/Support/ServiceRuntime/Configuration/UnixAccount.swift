import Glibc

/// The system's users and groups, by name or number.
package enum UnixAccount {
    /// The uid of a user name or of a number; nil when there is no such user.
    package static func uid(of user: String) -> UInt32? {
        if let number = UInt32(user) { return number == .max ? nil : number }
        var entry = passwd(), found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.pw_uid
    }

    /// The gid of a group name or of a number; nil when there is no such group.
    package static func gid(of group: String) -> UInt32? {
        if let number = UInt32(group) { return number == .max ? nil : number }
        var entry = Glibc.group(), found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        guard getgrnam_r(group, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.gr_gid
    }
}
